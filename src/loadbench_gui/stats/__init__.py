"""Pure statistics: from sealed runs to intervals and verdicts."""
