"""From sealed runs to verdicts: pure, and cheap to import (scipy is loaded when a distribution is needed)."""
