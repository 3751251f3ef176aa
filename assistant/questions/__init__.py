"""Questions about a document, answered from the reading that a summary uses too."""
