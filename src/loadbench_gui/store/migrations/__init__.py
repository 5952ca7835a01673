"""The history's schema, one numbered SQL file per step; a file that was released is never edited."""
