"""What pymisp and misp-stix make of events, feeds and bundles."""

import json
import logging
import pathlib
import tempfile

import script

logging.disable(logging.CRITICAL)


def read(asked):
    """How many attributes, objects, tags and reports pymisp finds in each event, or why it finds none."""
    from pymisp import MISPEvent

    def counts(text):
        event = MISPEvent()
        try:
            event.from_dict(**json.loads(text)["Event"])
        except Exception as failure:
            return f"{type(failure).__name__}: {failure}"
        written = json.loads(event.to_json())
        return [len(written.get(name, [])) for name in ("Attribute", "Object", "Tag", "EventReport")]

    return [counts(text) for text in asked]


def feed(folder):
    """The manifest and the hashes that pymisp makes of the files of events of a feed."""
    from pymisp.tools import feed_meta_generator

    with tempfile.TemporaryDirectory() as made:
        made = pathlib.Path(made)
        for file in pathlib.Path(folder).glob("*.json"):
            if file.name != "manifest.json":
                (made / file.name).write_bytes(file.read_bytes())
        feed_meta_generator(made)
        return [json.loads((made / "manifest.json").read_text()), (made / "hashes.csv").read_text()]


def stix(asked):
    """What misp-stix makes of each event: a bundle."""
    from misp_stix_converter import MISPtoSTIX21Parser

    def bundle(text):
        parser = MISPtoSTIX21Parser()
        parser.parse_misp_event(json.loads(text))
        return json.loads(parser.bundle.serialize())

    return [bundle(text) for text in asked]


def misp(asked):
    """What misp-stix makes of each bundle: its attributes, as type and value."""
    import stix2
    from misp_stix_converter import ExternalSTIX2toMISPParser

    def attributes(text):
        parser = ExternalSTIX2toMISPParser()
        parser.load_stix_bundle(stix2.parse(text, allow_custom=True))
        parser.parse_stix_bundle(single_event=True)
        event = json.loads(parser.misp_event.to_json())
        within = [part for thing in event.get("Object", []) for part in thing.get("Attribute", [])]
        return [[part["type"], str(part["value"])] for part in event.get("Attribute", []) + within]

    return [attributes(text) for text in asked]


script.call(globals())
