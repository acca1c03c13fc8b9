"""The ear test: what a caller can hear of the prompts, and what the recogniser can part of the
words that callers say, over a telephone line made worse on purpose."""
