"""A Socket.IO client of another family: emits, answers and asserts. Usage: python-client.py URL TRANSPORT[,TRANSPORT]"""

import sys
import threading

import socketio

WAIT = 15
url, transports = sys.argv[1], sys.argv[2].split(",")

client = socketio.Client(reconnection=False)
asked = threading.Event()
greeted = threading.Event()
sent_away = threading.Event()


@client.on("question")
def answer(left, right):
    """The server asks, and gets text and bytes."""
    assert (left, right) == (6, {"by": 7}), (left, right)
    asked.set()
    return "forty-two", b"\x2a"


@client.on("bytes")
def give_back(value):
    """The server sends bytes inside a value, and gets them back."""
    assert value == {"head": b"\x00\xff", "tail": [b"one", {"deep": b"\x80"}]}, value
    return value


@client.on("greeting", namespace="/news")
def greet(text):
    assert text == "welcome to /news", text
    greeted.set()


@client.on("disconnect")
def leave():
    sent_away.set()


def meet():
    client.connect(url, transports=transports, auth={"token": "secret"}, namespaces=["/", "/news"], wait_timeout=WAIT)
    assert client.transport() == transports[-1], client.transport()

    # Emit, and acknowledgements both ways.
    client.emit("note", ("naïve 世界", 1.5, {"list": [True, None]}))
    assert client.call("sum", (2, 3), timeout=WAIT) == 5
    assert client.call("several", timeout=WAIT) == ("one", 2)
    assert client.call("ask me", timeout=WAIT) == "forty-two"
    assert asked.is_set()

    # Binary both ways.
    assert client.call("reverse", b"\x00\x01\xff", timeout=WAIT) == b"\xff\x01\x00"
    nested = {"a": b"one", "b": [b"two", "text"]}
    assert client.call("echo", nested, timeout=WAIT) == nested
    assert client.call("send me bytes", timeout=WAIT) is True
    large = bytes(range(256)) * 1024
    assert client.call("reverse", large, timeout=WAIT) == large[::-1]

    # A namespace of its own, on the same connection.
    assert greeted.wait(WAIT)
    assert client.call("who", namespace="/news", timeout=WAIT) == "/news"
    assert client.get_sid("/") != client.get_sid("/news")

    # The server ends it, in one namespace and not in the other.
    client.emit("send me away")
    assert sent_away.wait(WAIT)
    assert client.call("who", namespace="/news", timeout=WAIT) == "/news"


def be_refused():
    reasons = []
    refused = threading.Event()
    stranger = socketio.Client(reconnection=False)

    @stranger.on("connect_error", namespace="/closed")
    def remember(reason):
        reasons.append(reason)
        refused.set()

    stranger.connect(url, transports=transports, namespaces=["/closed"], wait=False)
    try:
        assert refused.wait(WAIT)
        assert reasons == [{"message": "members only", "data": {"code": 7}}], reasons
    finally:
        stranger.disconnect()


try:
    meet()
finally:
    # Otherwise the client's threads would keep a failed script alive.
    client.disconnect()
be_refused()
print("python-client: all went well")
