"""The debug adapter: a proxy in front of `debugpy.adapter` that owns every `daifu/*` request.

channel    one DAP connection: reading, writing, numbering
backend    debugpy's adapter, as a child process or on a socket
session    one debug session: what is forwarded, answered here, rewritten
peer       what debugpy is asked, and what it asks; who waits for the answers
forwards   what is handed on to debugpy, and what is done to its answers
events     debugpy's events
children   the sessions of child processes
between    our adapter between a program that listens and debugpy's
launch     the attributes of launch and attach that are ours
filters    capabilities and exception filters
stack      what must not show: our frames, our names, pydevd's remarks
runtime    questions to the runtime inside the program
texts      what runs, what is on disk, what was asked for
paths      the person's files and the program's
console    the lines of the Debug Console
crashes    the crash stops of a session, and who answers a request about one
stops      which threads are held, and which one a request is about
plans      what an edit would do
changes    an edit is applied
requests   looking at a crash stop, checking and applying an edit
leaving    how a thread leaves a crash stop
pausing    pauses that wait for threads which are being let go
held       a program whose client has gone, and the next client
server     listening, and how long the process lives
"""
