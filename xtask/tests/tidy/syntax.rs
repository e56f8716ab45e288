//! What needs the language to be seen: how long functions and files are, which modules there are.

use crate::names::BANNED;
use crate::nothing_to_say;
use crate::sources::{self, Source};
use anyhow::{Context, Result};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LONG_ALLOWED: &str = "// tidy: long because ";

#[test]
fn functions_are_short() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()? {
        let file = parsed(&source)?;
        let mut functions = Functions { found: Vec::new() };
        functions.visit_file(&file);
        for (name, first, last) in functions.found {
            let length = last + 1 - first;
            if length > FUNCTION_LINES_MAX && !is_allowed(&source, first) {
                let what = format!(
                    "fn {name} has {length} lines of at most {FUNCTION_LINES_MAX}; \
                     split it, or say why not in the line above: {LONG_ALLOWED}…"
                );
                violations.push(source.at(first, &what));
            }
        }
    }
    nothing_to_say(violations)
}

#[test]
fn files_are_short() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()?.iter().filter(|source| !source.is_test()) {
        let tests: usize = parsed(source)?.items.iter().filter(|item| is_test_module(item)).map(lines_of).sum();
        let length = source.text.lines().count() - tests;
        if length > FILE_LINES_MAX {
            let what = format!(
                "{length} lines of at most {FILE_LINES_MAX}, unit tests not counted; \
                 move a part that has a name of its own into a file of its own"
            );
            violations.push(source.at(1, &what));
        }
    }
    nothing_to_say(violations)
}

#[test]
fn modules_are_named_after_what_they_hold() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()? {
        let file = parsed(&source)?;
        let mut modules = Modules { found: Vec::new() };
        modules.visit_file(&file);
        for (name, line) in modules.found {
            if BANNED.contains(&name.as_str()) {
                violations.push(source.at(line, &format!("`{name}` says nothing; name it after what it holds")));
            }
        }
    }
    nothing_to_say(violations)
}

fn parsed(source: &Source) -> Result<syn::File> {
    syn::parse_file(&source.text).with_context(|| format!("{} does not parse", source.path))
}

fn is_allowed(source: &Source, line: usize) -> bool {
    source.lines().any(|(number, text)| number + 1 == line && text.contains(LONG_ALLOWED))
}

fn is_test_module(item: &syn::Item) -> bool {
    let syn::Item::Mod(module) = item else {
        return false;
    };
    module.attrs.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

fn lines_of(item: &syn::Item) -> usize {
    item.span().end().line + 1 - item.span().start().line
}

/// Every function with a body: its name, its first and its last line.
struct Functions {
    found: Vec<(String, usize, usize)>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.span().start().line;
        let last = body.span().end().line;
        self.found.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.note(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Every module, inline or in a file of its own, and its line.
struct Modules {
    found: Vec<(String, usize)>,
}

impl<'ast> Visit<'ast> for Modules {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let span: Span = module.ident.span();
        self.found.push((module.ident.to_string(), span.start().line));
        visit::visit_item_mod(self, module);
    }
}
