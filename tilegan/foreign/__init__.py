"""Networks of other programs as data: a graph of named operators and its weights, read from their files, and run.

``graph`` is the form in which all of them are kept; ``network`` runs it; ``onnx_reader`` reads it from ONNX. Nothing that
is read is ever executed or unpickled: a graph only names operators of ``operators`` and ``spatial``.
"""
