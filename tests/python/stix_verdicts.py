"""What stix2-validator and stix2 say about objects."""

import json

import script


def validator(asked):
    """The errors of stix2-validator for each object of a file of JSON lines. The package lacks its schemas."""
    from stix2validator import ValidationOptions
    from stix2validator import validator as v

    find = v.find_schema
    v.find_schema = lambda folder, name: find(asked["schemas"], name)
    options = ValidationOptions(version="2.1")

    def verdict(text):
        try:
            return [str(error) for error in v.validate_parsed_json(json.loads(text), options).errors or []]
        except Exception as failure:  # Its own mistakes are verdicts too.
            return [f"{type(failure).__name__}: {failure}"]

    return [verdict(line) for line in lines(asked)]


def parser(asked):
    """The error of stix2's parser for each object of a file of JSON lines, or nothing."""
    import stix2

    def verdict(text):
        try:
            stix2.parse(text, allow_custom=True)
            return []
        except Exception as failure:
            return [f"{type(failure).__name__}: {failure}"]

    return [verdict(line) for line in lines(asked)]


def names(asked):
    """The deterministic identifiers that stix2 gives to observables without one."""
    import stix2

    def name(text):
        members = json.loads(text)
        members.pop("id", None)
        return stix2.parse(members, allow_custom=True, version="2.1").id

    return [name(line) for line in lines(asked)]


def lines(asked):
    with open(asked["file"], encoding="utf-8") as file:
        return [line for line in file if line.strip()]


script.call(globals())
