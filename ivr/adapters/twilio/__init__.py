"""Twilio Programmable Voice and Messaging: webhooks in, TwiML out, REST calls."""
