//! How many of something, in words.

/// A number and its noun: `1 user`, `2 users`.
pub(crate) fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    // What does not fit is many.
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_no_plural() {
        assert_eq!([0_u64, 1, 2].map(|count| counted(count, "delete")), ["0 deletes", "1 delete", "2 deletes"]);
        assert_eq!(counted(1_usize, "user"), "1 user");
    }
}
