//! A document as a file: the same document gives the same bytes, defaults are left out, and `read`
//! gives the document back. The operator's own comments are not in it: they are in the file.

use crate::settings::{self, Setting};
use crate::{Document, Reseller, read};
use std::fmt::Write;
use toml_edit::Key;

/// Prints a file.
#[must_use]
pub fn print(document: &Document) -> String {
    let mut file = File { text: String::new() };
    for (key, merchant) in &document.merchants {
        file.table(&["merchants", key], &settings::of_merchant(merchant));
        for (product_key, product) in &merchant.products {
            file.table(&["merchants", key, "products", product_key], &settings::of_product(product));
        }
    }
    for (key, reseller) in &document.resellers {
        file.reseller(key, reseller);
    }
    for (user, credential) in &document.credentials {
        file.table(&["credentials", user], &settings::of_credential(credential));
    }
    file.text
}

struct File {
    text: String,
}

impl File {
    fn reseller(&mut self, key: &str, reseller: &Reseller) {
        self.table(&["resellers", key], &settings::of_reseller(reseller));
        for (mode, side) in reseller.sides() {
            self.table(&["resellers", key, mode.word()], &settings::of_side(side));
            for (merchant, route) in &side.routes {
                let path = ["resellers", key, mode.word(), "routes", merchant];
                self.table(&path, &settings::of_route(route));
            }
        }
    }

    fn table(&mut self, path: &[&str], settings: &[Setting]) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // Writing into a String cannot fail.
        let _ = writeln!(self.text, "[{}]", dotted(path));
        let said = settings.iter().filter(|setting| !setting.is_default);
        let said = said.filter_map(|setting| Some((setting.key, setting.value.as_ref()?)));
        for (key, value) in said {
            let _ = writeln!(self.text, "{key} = {value}");
        }
    }
}

/// A path of keys, quoted where TOML wants it.
pub(crate) fn dotted(path: &[&str]) -> String {
    let keys: Vec<String> = path.iter().map(|key| Key::new(*key).display_repr().into_owned()).collect();
    keys.join(".")
}

impl Document {
    /// Whether the document keeps the rules of a file, so that what is stored can be read again.
    ///
    /// # Errors
    /// The faults of the document as [`print()`] writes it.
    pub fn check(&self) -> Result<(), crate::Faults> {
        read(&print(self)).map(drop)
    }
}
