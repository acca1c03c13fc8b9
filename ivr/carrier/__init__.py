"""The other side of the wire: a local telephone carrier that speaks Twilio's protocol.

It knows the service only through HTTP and never imports another package of this project.
"""
