"""Networks of other programs as data: graphs of named operators and their weights, read from their files.

``graph`` is the form in which all of them are kept, and ``networks.graph`` runs it; ``onnx_reader`` reads ONNX files.
Nothing that is read is ever executed or unpickled: a graph only names operators of ``operators``, ``shaping`` and
``spatial``.
"""
