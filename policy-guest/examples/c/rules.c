// The company comes from the claim `company`, else from the verified e-mail's domain; groups come from the
// claim `groups`, administrators from one of them (`admin_group` of the site's settings); contractors stay out.
//
//   cargo xtask policy build policy-guest/examples/c
//
// writes the bindings (policy.h) with wit-bindgen and builds this with clang. What the answer holds is malloc'd;
// nothing else need be freed, since every sign-in has an instance of its own.

#include <stdlib.h>
#include <string.h>
#include "policy.h"

typedef policy_string_t text;
typedef exports_usher_policy_decide_decision_t decision;
enum { MISS = EXPORTS_USHER_POLICY_DECIDE_FINDING_MISS, HIT = EXPORTS_USHER_POLICY_DECIDE_FINDING_HIT };

static text own(const char *words) { text copy; policy_string_dup(&copy, words); return copy; }
static bool same(text a, text b) { return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0; }

// The last words before a trap are what the record and the log say.
static _Noreturn void fail(const char *words) {
    text last = own(words);
    usher_policy_log_write(USHER_POLICY_LOG_LEVEL_ERROR, &last);
    abort();
}

static usher_policy_types_value_t claim(const char *pointer) {
    usher_policy_types_value_t value;
    text place = own(pointer);
    usher_policy_claims_get(USHER_POLICY_CLAIMS_SOURCE_CONFIGURED, &place, &value);
    return value;
}

static bool is_text(usher_policy_types_value_t value, const char *otherwise) {
    if (value.tag != USHER_POLICY_TYPES_VALUE_TEXT && value.tag != USHER_POLICY_TYPES_VALUE_ABSENT) fail(otherwise);
    return value.tag == USHER_POLICY_TYPES_VALUE_TEXT;
}

static void step(decision *d, const char *rule, bool hit, const char *saw) {
    exports_usher_policy_decide_step_t step = { own(rule), hit ? HIT : MISS, own(saw) };
    d->trace.ptr = realloc(d->trace.ptr, (d->trace.len + 1) * sizeof step);
    d->trace.ptr[d->trace.len++] = step;
}

static bool refuse(decision *d, const char *code, const char *message) {
    d->outcome.tag = EXPORTS_USHER_POLICY_DECIDE_OUTCOME_REFUSE;
    d->outcome.val.refuse.code = own(code);
    d->outcome.val.refuse.message.is_some = message != NULL;
    if (message) d->outcome.val.refuse.message.val = own(message);
    return true;
}

// Whether there is a decision; without one `error` would say why.
bool exports_usher_policy_decide_decide(decision *d, text *error) {
    memset(d, 0, sizeof *d);  // admits, leaves administrators and groups as they are
    usher_policy_types_value_t employment = claim("/employment"), company = claim("/company"), groups = claim("/groups");

    bool contractor = is_text(employment, "the claim employment is no text") && same(employment.val.text, own("contractor"));
    step(d, "employment", contractor, contractor ? "a contractor" : "not a contractor");
    if (contractor) return refuse(d, "contractor", "Contractors sign in at the partner portal.");

    bool claimed = is_text(company, "the claim company is no text");
    if (!claimed && !usher_policy_directory_domain_company(&company.val.text)) {
        step(d, "company", false, "neither a company claim nor a verified e-mail of a company's domain");
        return refuse(d, "no_company", NULL);
    }
    step(d, "company", true, claimed ? "by the claim" : "by the e-mail's domain");
    exports_usher_policy_decide_placement_t *place = calloc(1, sizeof *place);
    d->outcome.val.admit.placements.ptr = place;
    d->outcome.val.admit.placements.len = 1;
    place->company = company.val.text;

    bool listed = groups.tag == USHER_POLICY_TYPES_VALUE_TEXTS;
    step(d, "groups", listed, listed ? "those of the claim that the company has" : "no list of groups: all stay as they are");
    if (!listed) return true;
    policy_list_string_t names = groups.val.texts;
    usher_policy_directory_list_found_t found;
    usher_policy_directory_find_groups(&place->company, &names, USHER_POLICY_DIRECTORY_MATCHING_EXACT, &found);
    place->groups.tag = EXPORTS_USHER_POLICY_DECIDE_GROUP_CHANGE_REPLACE;
    place->groups.val.replace.ptr = calloc(found.len, sizeof(text));
    place->groups.val.replace.len = found.len;
    for (size_t i = 0; i < found.len; i++) place->groups.val.replace.ptr[i] = found.ptr[i].name;

    usher_policy_types_value_t setting;
    text pointer = own("/site/admin_group");
    usher_policy_settings_get(&pointer, &setting);
    text admins = is_text(setting, "the setting admin_group is no text") ? setting.val.text : own("admins");
    bool admin = false;
    for (size_t i = 0; i < names.len; i++) admin |= same(names.ptr[i], admins);
    step(d, "administrator", admin, "by the group of administrators");
    place->admin = admin ? EXPORTS_USHER_POLICY_DECIDE_ADMIN_CHANGE_GRANT : EXPORTS_USHER_POLICY_DECIDE_ADMIN_CHANGE_REVOKE;
    return true;
}
