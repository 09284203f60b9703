"""The terminal client: `daifu-dap attach`.

Two threads.  The client's reader hands every event to `Link`, which keeps what is known of the
program (held, stopped, running, over) and prints what is to be seen.  The main thread reads lines
while the program is stopped, and waits while it runs; a change of state ends either.
"""
