"""The part of Twilio's REST interface (2010-04-01) that a telephone service needs."""
