"""End-to-end flows: paths and settings in, a result out; nothing is printed."""
