// The company comes from the claim `company`, else from the verified e-mail's domain; groups come from the
// claim `groups`, administrators from one of them (`admin_group` of the site's settings); contractors stay out.
//
//   cargo xtask policy build policy-guest/examples/javascript
//
// builds this with `componentize-qjs` from npm; the page docs/how-to/policy-in-other-languages.md has it by hand.

import claims from "usher:policy/claims@0.1.0";
import directory from "usher:policy/directory@0.1.0";
import settings from "usher:policy/settings@0.1.0";

const CONTRACTOR = "Contractors sign in at the partner portal.";

function rules(hit, miss) {
  if (text("employment", claims.get("configured", "/employment")) === "contractor") {
    hit("employment", "a contractor");
    return refuse("contractor", CONTRACTOR);
  }
  miss("employment", "not a contractor");

  const claimed = text("company", claims.get("configured", "/company"));
  const company = claimed ?? directory.domainCompany();
  if (company === null) {
    miss("company", "neither a company claim nor a verified e-mail of a company's domain");
    return refuse("no_company", null);
  }
  hit("company", claimed === null ? "by the e-mail's domain" : "by the claim");

  const names = claims.get("configured", "/groups");
  if (names.tag !== "texts") {
    miss("groups", "no list of groups: all stay as they are");
    return admit(company, "leave", { tag: "leave" });
  }
  const found = directory.findGroups(company, names.val, "exact").map((group) => group.name);
  const admin = names.val.includes(text("admin_group", settings.get("/site/admin_group")) ?? "admins");
  hit("groups", "those of the claim that the company has");
  (admin ? hit : miss)("administrator", "by the group of administrators");
  return admit(company, admin ? "grant" : "revoke", { tag: "replace", val: found });
}

function text(name, value) {
  if (value.tag === "absent") return null;
  if (value.tag !== "text") throw new TypeError(`${name} is no text`);
  return value.val;
}

const refuse = (code, message) => ({ tag: "refuse", val: { code, message, attributes: [] } });

const admit = (company, admin, groups) => ({
  tag: "admit",
  val: { placements: [{ company, admin, groups }], displayName: null, attributes: [] },
});

export const decide = {
  decide() {
    const trace = [];
    const step = (finding) => (rule, saw) => trace.push({ rule, finding, saw });
    try {
      return { outcome: rules(step("hit"), step("miss")), trace };
    } catch (error) {
      throw `${error}\n${error.stack ?? ""}`; // A text is an answer: it reaches the record and the log.
    }
  },
};
