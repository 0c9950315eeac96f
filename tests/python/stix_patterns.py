"""What stix2-patterns and stix2-matcher say about patterns."""

import json
import struct

import script

OPERATORS = ("AND", "OR", "FOLLOWEDBY")


def verdicts(asked):
    """Of each [version, pattern] of a file of JSON lines: the errors, or how it is understood."""
    from stix2patterns.v20.pattern import Pattern as Pattern20
    from stix2patterns.v21.pattern import Pattern as Pattern21
    from stix2patterns.validator import run_validator

    def verdict(version, pattern):
        try:
            errors = run_validator(pattern, stix_version=version)
        except Exception as failure:  # Its own mistakes are verdicts too.
            errors = [f"{type(failure).__name__}: {failure}"]
        if errors:
            return {"errors": errors}
        tree = (Pattern20 if version == "2.0" else Pattern21)(pattern).visit(Tree())
        return {"errors": [], "shape": shape(tree), "constants": constants(tree)}

    return [verdict(*line) for line in lines(asked)]


class Tree:
    """Gives the tree of a pattern as it is."""

    def visit(self, tree):
        return tree


def shape(tree):
    """What is joined with what: comparisons and qualifiers are the places of their first and behind their last character."""
    from antlr4 import TerminalNode

    kind = type(tree).__name__
    if kind.startswith("PropTest") and kind != "PropTestParenContext" or kind.endswith("QualifierContext"):
        return [tree.start.start, tree.stop.stop + 1]
    inside = [shape(child) for child in tree.getChildren() if not isinstance(child, TerminalNode)]
    marks = [child.getText() for child in tree.getChildren() if isinstance(child, TerminalNode)]
    if marks == ["[", "]"]:
        return {"observed": inside[0]}
    if kind in ("ObservationExpressionWithinContext", "ObservationExpressionRepeatedContext", "ObservationExpressionStartStopContext"):
        return {"expression": inside[0], "qualifier": inside[1]}
    if len(inside) == 1:
        return inside[0]
    operator = next(mark for mark in marks if mark in OPERATORS)
    joined = []
    for item in inside:
        is_same = isinstance(item, dict) and operator in item and (operator != "FOLLOWEDBY" or not joined)
        joined.extend(item[operator] if is_same else [item])
    return {operator: joined}


def constants(tree):
    """The constants behind the operators, in the order of the text."""
    from antlr4 import TerminalNode
    from stix2matcher.matcher import _TOKEN_TYPE_COERCERS as COERCERS

    if type(tree).__name__.startswith("ObjectPath") or type(tree).__name__.endswith("QualifierContext"):
        return []
    if not isinstance(tree, TerminalNode):
        return [constant for child in tree.getChildren() for constant in constants(child)]
    symbol = tree.getSymbol()
    if symbol.type not in COERCERS:
        return []
    if symbol.text.startswith("t'"):
        return [["timestamp", symbol.text[2:-1]]]
    value = COERCERS[symbol.type](symbol.text)
    if isinstance(value, bytes):
        return [["bytes", value.hex()]]
    if isinstance(value, float):
        return [["float", struct.pack(">d", value).hex()]]
    return [[type(value).__name__, str(value)]]


def lines(asked):
    with open(asked["file"], encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


script.call(globals())
