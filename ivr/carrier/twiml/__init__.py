"""TwiML as data: a document in, frozen verbs and Twilio's warnings out."""
