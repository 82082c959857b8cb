"""The company comes from the claim `company`, else from the verified e-mail's domain; groups come from the claim
`groups`, administrators from one of them (`admin_group` of the site's settings); contractors stay out.

    cargo xtask policy build policy-guest/examples/python

builds this with `componentize-py` from PyPI; the page docs/how-to/policy-in-other-languages.md has it by hand.
"""

from componentize_py_types import Err
from wit_world.exports import decide as answer
from wit_world.exports.decide import AdminChange, Finding, Step
from wit_world.imports import claims, directory, settings
from wit_world.imports.claims import Source
from wit_world.imports.directory import Matching
from wit_world.imports.types import Value_Absent, Value_Text, Value_Texts

CONTRACTOR = "Contractors sign in at the partner portal."


def rules(step):
    if text("employment", claims.get(Source.CONFIGURED, "/employment")) == "contractor":
        step("employment", True, "a contractor")
        return refuse("contractor", CONTRACTOR)
    step("employment", False, "not a contractor")

    claimed = text("company", claims.get(Source.CONFIGURED, "/company"))
    company = claimed if claimed is not None else directory.domain_company()
    if company is None:
        step("company", False, "neither a company claim nor a verified e-mail of a company's domain")
        return refuse("no_company", None)
    step("company", True, "by the e-mail's domain" if claimed is None else "by the claim")

    names = claims.get(Source.CONFIGURED, "/groups")
    if not isinstance(names, Value_Texts):
        step("groups", False, "no list of groups: all stay as they are")
        return admit(company, AdminChange.LEAVE, answer.GroupChange_Leave())
    found = [group.name for group in directory.find_groups(company, names.value, Matching.EXACT)]
    step("groups", True, "those of the claim that the company has")
    admin = (text("admin_group", settings.get("/site/admin_group")) or "admins") in names.value
    step("administrator", admin, "by the group of administrators")
    return admit(company, AdminChange.GRANT if admin else AdminChange.REVOKE, answer.GroupChange_Replace(found))


def text(name, value):
    if isinstance(value, Value_Absent):
        return None
    if not isinstance(value, Value_Text):
        raise TypeError(f"{name} is no text")
    return value.value


def refuse(code, message):
    return answer.Outcome_Refuse(answer.Refusal(code, message, []))


def admit(company, admin, groups):
    return answer.Outcome_Admit(answer.Grant([answer.Placement(company, admin, groups)], None, []))


def words(error):
    """Type, message and place; `traceback` would look for the source, and there are no files here."""
    last = error.__traceback__
    while last.tb_next:
        last = last.tb_next
    return f"{type(error).__name__}: {error} ({last.tb_frame.f_code.co_name}, line {last.tb_lineno} of rules.py)"


class Decide:
    def decide(self):
        trace = []

        def step(rule, hit, saw):
            trace.append(Step(rule, Finding.HIT if hit else Finding.MISS, saw))

        try:
            return answer.Decision(rules(step), trace)
        except Exception as error:
            raise Err(words(error)) from None  # A text is an answer: it reaches the record and the log.
