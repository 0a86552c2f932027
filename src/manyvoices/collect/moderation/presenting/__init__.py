"""What the pages of moderation show, from rows; pseudonyms only."""
