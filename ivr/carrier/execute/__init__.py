"""What verbs do. Each ``execute_<verb>`` takes the verb, the session and its document."""
