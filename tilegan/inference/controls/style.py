"""Styles by a map: the number of a pixel is that of a style of a model with several styles, from 0."""

from typing import Any, ClassVar

from tilegan.errors import SettingError
from tilegan.inference.controls.control import ChoiceControl
from tilegan.translator import Translator


class StyleControl(ChoiceControl):
    """Numbers are places in the model's list of styles, which ``tilegan info`` prints."""

    name: ClassVar = "style"
    what: ClassVar = "a map of styles"
    outside: ClassVar = 65535

    def chosen(self, number: int, translator: Translator, height: int, width: int) -> dict[str, float]:  # noqa: ARG002
        """Return the shares of one style; outside of the map that of the model's name, or its first one."""
        styles = translator.styles
        if not styles:
            raise SettingError(f"the model '{translator.name}' has only one style: leave the map out")
        if number == self.outside:
            return {translator.chosen_style or styles[0]: 1.0}
        if not 0 <= number < len(styles):
            known = ", ".join(f"{place} {style}" for place, style in enumerate(styles))
            raise SettingError(f"the model '{translator.name}' has {known}")
        return {styles[number]: 1.0}

    def words(self, value: Any) -> str:
        """Return the name of the style."""
        return ", ".join(value)


CONTROL = StyleControl()
