"""Where an agent is rung."""

from __future__ import annotations

from ivr.ports.staff import StaffRow


def address_of(agent: StaffRow) -> str:
    """``client:agente-<id>`` for a browser and for an agent without a line, else the number or the
    SIP address (twilio.com/docs/voice/api/call-resource#create-a-call-resource)."""
    if agent.audio == "navegador" or not agent.line:
        return f"client:agente-{agent.id}"
    return agent.line
