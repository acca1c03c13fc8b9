"""Media Streams: a call's sound over a WebSocket, in both directions."""
