"""The Python client against the app of the conformance suite. Usage: python-everywhere.py URL TRANSPORT[,TRANSPORT]"""

import queue
import sys

import socketio

WAIT = 15
url, transports = sys.argv[1], sys.argv[2].split(",")
client = socketio.Client(reconnection=False)
echoes = queue.Queue()
client.on("echo", lambda *args: echoes.put(args))
client.on("question", lambda left, right: {"got": [left, right], "bytes": b"\x2a"})

value = {"text": "naïve 世界", "bytes": b"\x00\xff", "list": [b"one", {"deep": b"\x80"}, None, 1.5]}
client.connect(url, transports=transports, auth={"token": "right"}, namespaces=["/", "/guarded", "/room-7"], wait_timeout=WAIT)
try:
    assert client.transport() == transports[-1], client.transport()
    client.emit("echo", (value, 2))
    assert echoes.get(timeout=WAIT) == (value, 2)
    assert client.call("echo", (value, 2), timeout=WAIT) == (value, 2)
    told = client.call("ask me", ("question", [6, b"\x07"]), timeout=WAIT)
    assert {"got": [6, b"\x07"], "bytes": b"\x2a"} in told.values(), told
    large = bytes(range(256)) * 1024
    assert client.call("echo", large, timeout=WAIT) == large
    for namespace in ["/guarded", "/room-7"]:
        who = client.call("who am I", namespace=namespace, timeout=WAIT)
        assert (who["namespace"], who["id"]) == (namespace, client.get_sid(namespace)), who
finally:
    client.disconnect()
print("python-everywhere: all went well")
