//! *Plan*, for one attribute: the decision table of `spec/MAPPINGS.md` §5.4, with the flow types of §2.
//!
//! | what the mapping gives | on creation | on update |
//! |---|---|---|
//! | a value, `Always` | send | send if the target's differs |
//! | a value, `ObjectAddOnly` | send | nothing |
//! | a value, `AttributeAddOnly` | send | send if the target has none |
//! | a value, `ValueAddOnly` | send | as `Always`; of several values, add those that the target lacks |
//! | a value, `MultiValueAddOnly` | send | as `ValueAddOnly` |
//! | a value, `FlowAlways` | send | as its flow type says, except that the target's may be the same |
//! | nothing | the default, if there is one | nothing |
//! | nothing, `flow_null_values` | the default, if there is one | take the target's value away, unless it is the default |
//! | nothing, mapping type *None* | the default | the default, if the target has none |
//! | the decision not to flow | nothing | nothing |
//!
//! Roles that are asserted are taken away when none is left, whatever `flow_null_values` says: their function promises that
//! the target has the source's roles and no others, and with the last role gone that is none. Everywhere else null does not
//! flow. Roles that are added flow as a list of which the target may have more. An error in an expression fails the object
//! before any of this is asked.

use crate::mapping::{AttributeMapping, Flow, FlowBehavior, FlowType};

/// What the target holds of an attribute, next to what the mapping gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Every value that the mapping gives, and others.
    More,
    /// No value at all.
    Nothing,
    /// Something else.
    Other,
    /// The same.
    Same,
}

/// What is done about one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// All values are added, also those that the target has.
    AddAll,
    /// Those values are added that the target lacks.
    AddMissing,
    /// Nothing.
    Leave,
    /// The target's value is taken away.
    Remove,
    /// The value is sent as a whole.
    Send,
    /// The default value is sent.
    SendDefault,
}

impl Decision {
    fn only_if(self, condition: bool) -> Self {
        if condition { self } else { Self::Leave }
    }
}

/// What is done about the attribute of `line` when the object is created.
pub(super) fn on_creation(line: &AttributeMapping, flow: &Flow) -> Decision {
    match flow {
        Flow::Value(_) => Decision::Send,
        Flow::Nothing if line.creation_default().is_some() => Decision::SendDefault,
        Flow::Nothing | Flow::Ignored => Decision::Leave,
    }
}

/// What is done about the attribute of `line` when the object is updated.
pub(super) fn on_update(line: &AttributeMapping, flow: &Flow, held: Held) -> Decision {
    let differs = matches!(held, Held::More | Held::Other);
    match (flow, line.flow_type) {
        (Flow::Ignored, _) | (_, FlowType::ObjectAddOnly) => Decision::Leave,
        (Flow::Value(_), FlowType::AttributeAddOnly) => Decision::Send.only_if(held == Held::Nothing),
        (Flow::Value(_), _) => value_on_update(line, held),
        (Flow::Nothing, _) if line.source.is_none() => Decision::SendDefault.only_if(held == Held::Nothing),
        (Flow::Nothing, _) => Decision::Remove.only_if(line.takes_away() && differs),
    }
}

fn value_on_update(line: &AttributeMapping, held: Held) -> Decision {
    let adds = line.adds_values_only();
    let unchanged = held == Held::Same || (adds && held == Held::More);
    match (adds, unchanged) {
        (_, true) if line.flow_behavior == FlowBehavior::FlowWhenChanged => Decision::Leave,
        (true, true) => Decision::AddAll,
        (true, false) => Decision::AddMissing,
        (false, _) => Decision::Send,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{FlowValue, read};
    use Decision::{AddAll, AddMissing, Leave, Remove, Send, SendDefault};
    use Held::{More, Nothing, Other, Same};

    /// A mapping to an attribute of this name, with these settings.
    fn line(attribute: &str, settings: &str) -> AttributeMapping {
        let text = format!(
            "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\ntitle = {{}}\n\
             tags = {{ multivalued = true }}\nroles = {{ multivalued = true }}\n\
             level = {{ required = true, default = \"1\" }}\n[users.mappings]\n\
             userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{attribute} = {{ {settings} }}\n"
        );
        let (template, _) = read::parse("test", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        template.users.mappings.into_iter().find(|line| line.target.path.is(attribute)).unwrap()
    }

    fn value() -> Flow {
        Flow::Value(FlowValue { value: "x".into(), text: "x".to_owned(), redacted: false, roles: None })
    }

    /// What follows on an update from a target that holds nothing, the same, more, something else.
    fn updates(line: &AttributeMapping, flow: &Flow) -> [Decision; 4] {
        [Nothing, Same, More, Other].map(|held| on_update(line, flow, held))
    }

    const TITLE: &str = "direct = \"jobTitle\"";
    const TAGS: &str = "direct = \"otherMails\"";

    #[test]
    fn a_value_flows_on_creation_whatever_its_flow_type_and_a_default_only_for_nothing() {
        for apply in ["always", "creation", "AttributeAddOnly", "MultiValueAddOnly", "ValueAddOnly"] {
            let line = line("title", &format!("{TITLE}, default = \"d\", apply = \"{apply}\""));
            assert_eq!(on_creation(&line, &value()), Send, "{apply}");
            assert_eq!(on_creation(&line, &Flow::Nothing), SendDefault, "{apply}");
            assert_eq!(on_creation(&line, &Flow::Ignored), Leave, "{apply}");
        }
        assert_eq!(on_creation(&line("title", TITLE), &Flow::Nothing), Leave);
        assert_eq!(on_creation(&line("title", "none = true, default = \"d\""), &Flow::Nothing), SendDefault);
    }

    #[test]
    fn the_default_of_a_required_attribute_stands_in_on_creation() {
        let line = line("level", TITLE);
        assert_eq!(on_creation(&line, &Flow::Nothing), SendDefault);
        assert_eq!(updates(&line, &Flow::Nothing), [Leave; 4]);
    }

    #[test]
    fn a_value_that_always_applies_is_sent_where_the_target_differs() {
        assert_eq!(updates(&line("title", TITLE), &value()), [Send, Leave, Send, Send]);
        assert_eq!(updates(&line("tags", TAGS), &value()), [Send, Leave, Send, Send]);
    }

    #[test]
    fn a_value_for_creation_only_is_in_no_update() {
        for more in ["", ", flow = \"always\"", ", default = \"d\"", ", flow_null_values = true"] {
            let line = line("title", &format!("{TITLE}, apply = \"creation\"{more}"));
            assert_eq!(updates(&line, &value()), [Leave; 4], "{more}");
            assert_eq!(updates(&line, &Flow::Nothing), [Leave; 4], "{more}");
        }
        let line = line("title", "none = true, default = \"d\", apply = \"creation\"");
        assert_eq!(updates(&line, &Flow::Nothing), [Leave; 4]);
    }

    #[test]
    fn an_attribute_that_is_only_added_is_sent_where_the_target_has_none() {
        for more in ["", ", flow = \"always\"", ", flow_null_values = true"] {
            let line = line("title", &format!("{TITLE}, apply = \"AttributeAddOnly\"{more}"));
            assert_eq!(updates(&line, &value()), [Send, Leave, Leave, Leave], "{more}");
            assert_eq!(updates(&line, &Flow::Nothing), [Leave; 4], "{more}");
        }
    }

    #[test]
    fn of_values_that_are_only_added_those_are_sent_that_the_target_lacks() {
        for apply in ["MultiValueAddOnly", "ValueAddOnly"] {
            let several = line("tags", &format!("{TAGS}, apply = \"{apply}\", flow_null_values = true"));
            assert_eq!(updates(&several, &value()), [AddMissing, Leave, Leave, AddMissing], "{apply}");
            assert_eq!(updates(&several, &Flow::Nothing), [Leave; 4], "{apply}");
            let always = line("tags", &format!("{TAGS}, apply = \"{apply}\", flow = \"always\""));
            assert_eq!(updates(&always, &value()), [AddMissing, AddAll, AddAll, AddMissing], "{apply}");
        }
    }

    #[test]
    fn a_single_value_that_is_only_added_is_replaced_and_only_taken_away_as_a_multi_value() {
        let single = |apply: &str| line("title", &format!("{TITLE}, apply = \"{apply}\", flow_null_values = true"));
        for apply in ["MultiValueAddOnly", "ValueAddOnly"] {
            assert_eq!(updates(&single(apply), &value()), [Send, Leave, Send, Send], "{apply}");
        }
        assert_eq!(updates(&single("ValueAddOnly"), &Flow::Nothing), [Leave; 4]);
        assert_eq!(updates(&single("MultiValueAddOnly"), &Flow::Nothing), [Leave, Leave, Remove, Remove]);
    }

    #[test]
    fn a_value_that_always_flows_is_sent_though_it_is_the_same() {
        let line = line("title", &format!("{TITLE}, flow = \"always\""));
        assert_eq!(updates(&line, &value()), [Send; 4]);
        assert_eq!(updates(&line, &Flow::Nothing), [Leave; 4]);
    }

    #[test]
    fn nothing_takes_a_value_away_only_where_null_flows_and_never_the_default() {
        assert_eq!(updates(&line("title", TITLE), &Flow::Nothing), [Leave; 4]);
        let flowing = line("title", &format!("{TITLE}, flow_null_values = true"));
        assert_eq!(updates(&flowing, &Flow::Nothing), [Leave, Leave, Remove, Remove]);
        assert_eq!(updates(&flowing, &Flow::Ignored), [Leave; 4]);
    }

    #[test]
    fn a_mapping_without_a_source_fills_an_attribute_that_has_no_value() {
        let line = line("title", "none = true, default = \"d\"");
        assert_eq!(updates(&line, &Flow::Nothing), [SendDefault, Leave, Leave, Leave]);
    }

    #[test]
    fn the_decision_not_to_flow_sends_nothing_at_all() {
        let line = line("title", &format!("{TITLE}, default = \"d\", flow = \"always\", flow_null_values = true"));
        assert_eq!(on_creation(&line, &Flow::Ignored), Leave);
        assert_eq!(updates(&line, &Flow::Ignored), [Leave; 4]);
    }

    #[test]
    fn added_roles_are_added_and_asserted_ones_are_all_that_there_is_to_be() {
        let roles = |function: &str, more: &str| {
            line("roles", &format!("expression = '{function}([appRoleAssignments])'{more}"))
        };
        let added = roles("AppRoleAssignmentsComplex", "");
        assert_eq!(updates(&added, &value()), [AddMissing, Leave, Leave, AddMissing]);
        assert_eq!(updates(&added, &Flow::Nothing), [Leave; 4]);
        let always = roles("AppRoleAssignmentsComplex", ", flow = \"always\"");
        assert_eq!(updates(&always, &value()), [AddMissing, AddAll, AddAll, AddMissing]);
        let asserted = roles("AssertiveAppRoleAssignmentsComplex", "");
        assert_eq!(updates(&asserted, &value()), [Send, Leave, Send, Send]);
        assert_eq!(updates(&asserted, &Flow::Nothing), [Leave, Leave, Remove, Remove]);
    }
}
