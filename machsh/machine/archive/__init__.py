"""Archives of machines: `backup` writes them, `restore` reads them, `share` makes one for another person."""
