//! Cuts the text of an expression into tokens.
//!
//! Blanks, tabs and line ends between tokens mean nothing. A backslash in a quoted text escapes a quotation mark or a
//! backslash and is itself anywhere else. What stands in brackets is one token, read as a whole: brackets in it may nest
//! and quoted text in it is skipped, for the sake of `[emails[type eq "work"].value]`.
//!
//! Source: `spec/EXPRESSIONS.md` §1.

use super::{
    syntax_error::SyntaxErrorKind,
    tree::{Number, Operator, Span},
};

/// Tokens of more characters are named in messages by what they are.
const LONGEST_SHOWN: usize = 80;

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'t> {
    Attribute(&'t str),
    Text(String),
    Number(Number),
    Word(&'t str),
    Open,
    Close,
    Comma,
    Operator(Operator),
    End,
}

impl TokenKind<'_> {
    /// The token as messages name it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Attribute(name) if name.chars().count() > LONGEST_SHOWN => "an attribute".to_owned(),
            Self::Attribute(name) => format!("`[{name}]`"),
            Self::Text(_) => "a quoted text".to_owned(),
            Self::Number(number) if number.written.len() > LONGEST_SHOWN => "a number".to_owned(),
            Self::Number(number) => format!("`{}`", number.written),
            Self::Word(word) if word.len() > LONGEST_SHOWN => "a word".to_owned(),
            Self::Word(word) => format!("`{word}`"),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::Operator(operator) => format!("`{}`", operator.symbol()),
            Self::End => "the end of the expression".to_owned(),
        }
    }
}

/// Why no token could be read, and where.
pub(super) type LexerError = (SyntaxErrorKind, Span);

/// Reads one token after the other.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn next_token(&mut self) -> Result<Token<'t>, LexerError> {
        self.skip_while(|character| matches!(character, ' ' | '\t' | '\r' | '\n'));
        let start = self.position;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next() else {
            return Ok(Token { kind: TokenKind::End, span: start..start });
        };
        let kind = match first {
            '(' => self.take(1, TokenKind::Open),
            ')' => self.take(1, TokenKind::Close),
            ',' => self.take(1, TokenKind::Comma),
            '"' => TokenKind::Text(self.quoted()?),
            '[' => TokenKind::Attribute(self.attribute()?),
            '&' => TokenKind::Number(self.hexadecimal()?),
            '-' | '0'..='9' => TokenKind::Number(self.number()?),
            'A'..='Z' | 'a'..='z' => {
                self.skip_while(|character| character.is_ascii_alphanumeric() || character == '_');
                TokenKind::Word(&self.text[start..self.position])
            }
            _ => match Operator::ALL.into_iter().find(|operator| rest.starts_with(operator.symbol())) {
                Some(operator) => self.take(operator.symbol().len(), TokenKind::Operator(operator)),
                None => return Err(unexpected(first, start)),
            },
        };
        Ok(Token { kind, span: start..self.position })
    }

    fn take(&mut self, length: usize, kind: TokenKind<'t>) -> TokenKind<'t> {
        self.position += length;
        kind
    }

    fn skip_while(&mut self, belongs: impl Fn(char) -> bool) {
        let rest = &self.text[self.position..];
        self.position += rest.find(|character| !belongs(character)).unwrap_or(rest.len());
    }

    fn quoted(&mut self) -> Result<String, LexerError> {
        let start = self.position;
        let mut content = String::new();
        let mut characters = self.text[start + 1..].char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.position = start + 1 + offset + 1;
                    return Ok(content);
                }
                '\\' => {
                    let escaped = characters.next_if(|&(_, next)| matches!(next, '\\' | '"'));
                    content.push(escaped.map_or('\\', |(_, next)| next));
                }
                _ => content.push(character),
            }
        }
        Err((SyntaxErrorKind::UnclosedText, start..self.text.len()))
    }

    fn attribute(&mut self) -> Result<&'t str, LexerError> {
        let start = self.position;
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        for (offset, byte) in self.text[start..].bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'[' if !quoted => depth += 1,
                b']' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.position = start + offset + 1;
                let name = &self.text[start + 1..start + offset];
                return if name.trim().is_empty() {
                    Err((SyntaxErrorKind::EmptyAttribute, start..self.position))
                } else {
                    Ok(name)
                };
            }
        }
        Err((SyntaxErrorKind::UnclosedAttribute, start..self.text.len()))
    }

    fn number(&mut self) -> Result<Number, LexerError> {
        let start = self.position;
        self.position += usize::from(self.text[start..].starts_with('-'));
        let digits = self.position;
        self.skip_while(|character| character.is_ascii_digit());
        if self.position == digits {
            return Err(unexpected('-', start));
        }
        if let Some(fraction) = self.text[self.position..].strip_prefix('.')
            && fraction.starts_with(|character: char| character.is_ascii_digit())
        {
            self.position += 1;
            self.skip_while(|character| character.is_ascii_digit());
        }
        let written = self.text[start..self.position].to_owned();
        Ok(Number { value: written.clone(), written })
    }

    fn hexadecimal(&mut self) -> Result<Number, LexerError> {
        let start = self.position;
        if !self.text[start..].starts_with("&H") {
            return Err(unexpected('&', start));
        }
        self.position += 2;
        self.skip_while(|character| character.is_ascii_hexdigit());
        let span = start..self.position;
        let bits = u64::from_str_radix(&self.text[start + 2..self.position], 16)
            .map_err(|_| (SyntaxErrorKind::Hexadecimal, span.clone()))?;
        Ok(Number { written: self.text[span].to_owned(), value: bits.cast_signed().to_string() })
    }
}

fn unexpected(character: char, position: usize) -> LexerError {
    (SyntaxErrorKind::UnexpectedCharacter(character), position..position + character.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind<'_>> {
        let mut lexer = Lexer::new(text);
        let tokens = std::iter::from_fn(|| lexer.next_token().ok().filter(|token| token.kind != TokenKind::End));
        tokens.map(|token| token.kind).collect()
    }

    #[test]
    fn backslashes_escape_quotation_marks_and_themselves_only() {
        for (text, content) in [
            (r#""""#, ""),
            (r#""a\"b""#, r#"a"b"#),
            (r#""\\d""#, r"\d"),
            (r#""\d\n""#, r"\d\n"),
            (r#""\\\"""#, r#"\""#),
            ("\" [x], ) \n\"", " [x], ) \n"),
        ] {
            assert_eq!(kinds(text), [TokenKind::Text(content.to_owned())], "{text}");
        }
    }

    #[test]
    fn an_attribute_reaches_to_its_own_closing_bracket() {
        for (text, name) in [
            ("[mail]", "mail"),
            (
                "[urn:ietf:params:scim:schemas:extension:contoso:1.0:User:JobCode]",
                "urn:ietf:params:scim:schemas:extension:contoso:1.0:User:JobCode",
            ),
            ("[emails[type eq \"work\"].value]", "emails[type eq \"work\"].value"),
            ("[a[b eq \"]\\\"]\"].c]", "a[b eq \"]\\\"]\"].c"),
        ] {
            assert_eq!(kinds(text), [TokenKind::Attribute(name)], "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let number =
            |written: &str, value: &str| TokenKind::Number(Number { written: written.into(), value: value.into() });
        assert_eq!(
            kinds("007 -1.50 &HF &Hff &HFFFFFFFFFFFFFFFF"),
            [
                number("007", "007"),
                number("-1.50", "-1.50"),
                number("&HF", "15"),
                number("&Hff", "255"),
                number("&HFFFFFFFFFFFFFFFF", "-1")
            ]
        );
        assert_eq!(kinds("1."), [number("1", "1")]);
        assert_eq!(kinds("- 1"), []);
        assert_eq!(kinds("&H10000000000000000"), []);
    }

    #[test]
    fn operators_are_read_as_long_as_they_are() {
        let operators = kinds("=<>><>=<=<").into_iter().map(|kind| kind.describe()).collect::<String>();
        assert_eq!(operators, "`=``<>``>``<>``=``<=``<`");
    }
}
