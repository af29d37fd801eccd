//! Licence expressions (SPDX 2.3, annex D), as far as crates write them: AND, OR, WITH, brackets, old `A/B`.
//!
//! Answers one question: may we take this under the licences that we allow? An expression that cannot be read
//! is not allowed.

/// Can the expression be met by allowed licences alone?
pub(crate) fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    reader.any() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl<'a> Reader<'a> {
    /// `a OR b`: binds the least.
    fn any(&mut self) -> Option<bool> {
        let mut met = self.all()?;
        while self.take("OR") {
            met |= self.all()?;
        }
        Some(met)
    }

    fn all(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let id = self.word().filter(|id| !["AND", "OR", "WITH", ")"].contains(id))?;
        if self.take("WITH") {
            let with = format!("{id} WITH {}", self.word()?);
            return Some(self.allowed.contains(&with.as_str()));
        }
        Some(self.allowed.contains(&id))
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    fn word(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];

    #[test]
    fn one_allowed_choice_is_enough() {
        assert!(is_allowed("MIT OR Apache-2.0", &ALLOWED));
        assert!(is_allowed("Apache-2.0/MIT", &ALLOWED));
        assert!(!is_allowed("Apache-2.0 OR GPL-3.0-only", &ALLOWED));
    }

    #[test]
    fn all_parts_of_a_conjunction_must_be_allowed() {
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &ALLOWED));
        assert!(!is_allowed("MIT AND OpenSSL", &ALLOWED));
        assert!(is_allowed("GPL-2.0 AND OpenSSL OR MIT", &ALLOWED));
    }

    #[test]
    fn an_exception_is_allowed_only_with_its_licence() {
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception", &ALLOWED));
        assert!(!is_allowed("Apache-2.0", &ALLOWED));
        assert!(!is_allowed("MIT WITH Other-exception", &ALLOWED));
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT MIT", "AND"] {
            assert!(!is_allowed(broken, &ALLOWED), "{broken}");
        }
    }
}
