//! User principal names as Entra writes those of guests and of deleted users.

/// The address of a guest: `ann@partner.example` from `ann_partner.example#EXT#@contoso.onmicrosoft.com`, split at the
/// last `_`. None for the name of anybody else.
pub(super) fn guest_address(user_principal_name: &str) -> Option<String> {
    const MARK: &str = "#EXT#@";
    let mark = user_principal_name.to_ascii_uppercase().find(MARK)?;
    let (alias, domain) = user_principal_name[..mark].rsplit_once('_')?;
    (!alias.is_empty() && !domain.is_empty()).then(|| format!("{alias}@{domain}"))
}

/// The name that a deleted user had. Entra frees the name of a deleted user by writing the id, without hyphens, before
/// it.
pub(super) fn before_deletion<'a>(user_principal_name: &'a str, id: &str) -> &'a str {
    let digits = id.replace('-', "");
    match user_principal_name.get(..digits.len()) {
        Some(beginning) if digits.len() == 32 && beginning.eq_ignore_ascii_case(&digits) => {
            &user_principal_name[digits.len()..]
        }
        _ => user_principal_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_known_by_the_address_at_home() {
        assert_eq!(guest_address("ann_partner.example#EXT#@contoso.example").as_deref(), Some("ann@partner.example"));
    }

    #[test]
    fn only_the_last_underscore_stands_for_the_at_sign() {
        assert_eq!(
            guest_address("ann_mary_lee_partner.example#ext#@contoso.example").as_deref(),
            Some("ann_mary_lee@partner.example")
        );
    }

    #[test]
    fn other_names_are_no_guests() {
        for name in
            ["ann@contoso.example", "ann_lee@contoso.example", "ann#EXT#@contoso.example", "_x#EXT#@c", "x_#EXT#@c", ""]
        {
            assert_eq!(guest_address(name), None, "{name}");
        }
    }

    #[test]
    fn a_deleted_user_has_the_id_before_the_name() {
        let id = "6e7b768e-07e2-4810-8459-485f84f8f204";
        assert_eq!(before_deletion("6E7B768E07E248108459485f84f8f204ann@contoso.example", id), "ann@contoso.example");
        assert_eq!(before_deletion("ann@contoso.example", id), "ann@contoso.example");
        assert_eq!(before_deletion("7ann@contoso.example", "7"), "7ann@contoso.example");
        assert_eq!(before_deletion("ännn", "abc"), "ännn");
    }
}
