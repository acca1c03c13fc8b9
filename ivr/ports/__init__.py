"""What the service needs from the outside: protocols, their value types and their errors."""
