"""Networks of other programs as data: graphs of named operators and their weights, read from their files.

``graph`` is the form in which all of them are kept, and ``networks.graph`` runs it; each ``*_reader`` reads a kind of
files, and ``readers`` finds them. Nothing that is read is ever executed, and nothing but weights is unpickled, by
torch's restricted unpickler: a graph only names operators of ``operators``, ``shaping`` and ``spatial``.
"""
