"""The creator tagger: writes who created a resource on the resource."""
