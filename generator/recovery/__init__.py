"""What did not arrive gets another chance: replays of the bus's archive, redrives of dead letters."""
