"""The catalogue of create calls: what each one creates. `make tagger-catalogue` writes it (`docs/adr/0045`)."""

from pathlib import Path

import msgspec

from spoke.creator_tagger.creation import Catalogue

CATALOGUE = msgspec.json.decode(Path(__file__).with_name("catalogue.json").read_bytes(), type=Catalogue)
CREATED = CATALOGUE.named
