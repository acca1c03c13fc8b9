"""The call-flow engine: pure, so that every call can be replayed and every flow proven.

``step(flow, state, event) -> Step(state, verbs, request, facts)``: no input or output, no clock,
no random source, no Flask, Twilio or SQL below this package.
"""
