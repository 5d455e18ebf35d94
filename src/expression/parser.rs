//! Reads the tokens of an expression into a tree, by recursive descent.
//!
//! ```text
//! value      = primary [ operator primary ]
//! primary    = call / attribute / text / number / word
//! call       = name "(" [ slot *( "," slot ) ] ")"
//! slot       = value / nothing
//! ```
//!
//! Function names are looked up here; whether a call has the right arguments is for `check` to say.
//!
//! Source: `spec/EXPRESSIONS.md` §1.

use super::{
    MAXIMUM_DEPTH, functions,
    lexer::{Lexer, LexerError, Token, TokenKind},
    syntax_error::SyntaxErrorKind,
    tree::{Call, Comparison, Node, NodeKind, Span, Word},
};

/// Reads `text` as a whole.
pub(super) fn parse(text: &str) -> Result<Node, LexerError> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next_token()?;
    if token.kind == TokenKind::End {
        return Err((SyntaxErrorKind::Empty, 0..text.len()));
    }
    let mut parser = Parser { lexer, token };
    let node = parser.value(0)?;
    match parser.token.kind {
        TokenKind::End => Ok(node),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token<'t>,
}

impl<'t> Parser<'t> {
    fn advance(&mut self) -> Result<Token<'t>, LexerError> {
        Ok(std::mem::replace(&mut self.token, self.lexer.next_token()?))
    }

    fn unexpected(&self, expected: &'static str) -> LexerError {
        let found = self.token.kind.describe();
        (SyntaxErrorKind::UnexpectedToken { found, expected }, self.token.span.clone())
    }

    fn value(&mut self, depth: usize) -> Result<Node, LexerError> {
        let left = self.primary(depth)?;
        let TokenKind::Operator(operator) = self.token.kind else {
            return Ok(left);
        };
        self.advance()?;
        let right = self.primary(depth)?;
        let span = left.span.start..right.span.end;
        Ok(Node { kind: NodeKind::Comparison(Box::new(Comparison { left, operator, right })), span })
    }

    fn primary(&mut self, depth: usize) -> Result<Node, LexerError> {
        if depth > MAXIMUM_DEPTH {
            return Err((SyntaxErrorKind::TooDeep, self.token.span.clone()));
        }
        let kind = match &self.token.kind {
            TokenKind::Attribute(name) => NodeKind::Attribute((*name).to_owned()),
            TokenKind::Text(text) => NodeKind::Text(text.clone()),
            TokenKind::Number(number) => NodeKind::Number(number.clone()),
            TokenKind::Word(name) => {
                let name = *name;
                return self.word_or_call(name, depth);
            }
            TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Operator(_) | TokenKind::End => {
                return Err(self.unexpected("a function, an [attribute], a \"text\" or a number"));
            }
        };
        Ok(Node { kind, span: self.advance()?.span })
    }

    fn word_or_call(&mut self, name: &str, depth: usize) -> Result<Node, LexerError> {
        let span = self.advance()?.span;
        if self.token.kind == TokenKind::Open {
            return self.call(name, span, depth);
        }
        match Word::ALL.into_iter().find(|word| word.name() == name) {
            Some(word) => Ok(Node { kind: NodeKind::Word(word), span }),
            None => Err((SyntaxErrorKind::UnknownWord(name.to_owned()), span)),
        }
    }

    fn call(&mut self, name: &str, name_span: Span, depth: usize) -> Result<Node, LexerError> {
        let Some(function) = functions::find(name) else {
            return Err((SyntaxErrorKind::UnknownFunction(name.to_owned()), name_span));
        };
        self.advance()?;
        let mut arguments = Vec::new();
        loop {
            let argument = match self.token.kind {
                TokenKind::Comma | TokenKind::Close => None,
                _ => Some(self.value(depth + 1)?),
            };
            arguments.push(argument);
            match self.token.kind {
                TokenKind::Comma => self.advance()?,
                TokenKind::Close => break,
                _ => return Err(self.unexpected("`,` or `)`")),
            };
        }
        let span = name_span.start..self.advance()?.span.end;
        if matches!(arguments[..], [None]) {
            arguments.clear();
        }
        Ok(Node { kind: NodeKind::Call(Call { function, arguments, name_span, pattern: None }), span })
    }
}
