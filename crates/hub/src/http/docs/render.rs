//! Markdown to a page: headings that can be linked to, links between the documents that lead to
//! where the hub shows them, tables that scroll by themselves. Nothing in a document is taken for
//! markup but Markdown's own.

use super::{Document, all};
use crate::http::page::escape;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

const STYLE: &str = include_str!("docs.css");
/// What stands above every document.
const NAVIGATION: [(&str, &str); 4] = [
    ("/docs/errors", "Errors"),
    ("/docs/api", "API"),
    ("/docs/lifecycle", "Life cycle"),
    ("/docs/openapi.json", "OpenAPI"),
];

impl Document {
    /// The whole page.
    pub(super) fn page(&self) -> String {
        let mut body = String::with_capacity(self.text.len() * 2);
        push_html(&mut body, self.events().into_iter());
        let title = escape(self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']));
        let kind = match self.path.strip_prefix("/docs/errors") {
            Some("") => " class=\"index\"",
            Some(_) => " class=\"error\"",
            None => "",
        };
        let links: String = NAVIGATION.iter().map(|(path, name)| self.link_to(path, name)).collect();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{title} · Entitle</title><style>{STYLE}</style></head>\
             <body><nav aria-label=\"Documents\"><b>Entitle</b>{links}</nav><main{kind}>{body}</main></body></html>"
        )
    }

    fn link_to(&self, path: &str, name: &str) -> String {
        let here = if path == self.path { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{path}\"{here}>{name}</a>")
    }

    fn events(&self) -> Vec<Event<'static>> {
        let mut events: Vec<Event<'static>> = Vec::new();
        // Whether each link that is open leads anywhere.
        let mut leads = Vec::new();
        for event in Parser::new_ext(self.text, Options::ENABLE_TABLES) {
            match event {
                Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let target = self.target(&dest_url);
                    leads.push(target.is_some());
                    events
                        .extend(target.map(|to| Event::Start(Tag::Link { link_type, dest_url: to.into(), title, id })));
                }
                Event::End(TagEnd::Link) => {
                    events.extend(leads.pop().unwrap_or(false).then_some(Event::End(TagEnd::Link)));
                }
                Event::Start(Tag::Table(alignments)) => {
                    events.push(Event::Html(CowStr::Borrowed("<div class=\"wide\">")));
                    events.push(Event::Start(Tag::Table(alignments)));
                }
                Event::End(TagEnd::Table) => {
                    events.push(Event::End(TagEnd::Table));
                    events.push(Event::Html(CowStr::Borrowed("</div>")));
                }
                Event::End(TagEnd::Heading(level)) => {
                    name_heading(&mut events);
                    events.push(Event::End(TagEnd::Heading(level)));
                }
                other => events.push(other),
            }
        }
        events
    }

    /// Where a link of this document leads on this hub; `None` where the file is not shown.
    fn target(&self, link: &str) -> Option<String> {
        if link.contains("://") || link.starts_with('#') {
            return Some(link.to_owned());
        }
        let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
        let mut parts: Vec<&str> = self.file.split('/').collect();
        parts.pop();
        for part in file.split('/') {
            match part {
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let file = parts.join("/");
        let path = all().find(|document| document.file == file)?.path;
        Some(anchor.map_or_else(|| path.to_owned(), |anchor| format!("{path}#{anchor}")))
    }
}

/// Gives the heading that ends here the anchor that its text has everywhere else.
fn name_heading(events: &mut [Event<'static>]) {
    let Some(start) = events.iter().rposition(|event| matches!(event, Event::Start(Tag::Heading { .. }))) else {
        return;
    };
    let Some((Event::Start(Tag::Heading { id, .. }), inside)) =
        events.get_mut(start..).and_then(<[_]>::split_first_mut)
    else {
        return;
    };
    let text: String = inside
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    *id = Some(anchor(&text).into());
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &'static str) -> String {
        let page = Document { path: "/docs/errors/empty", file: "docs/errors/empty.md", text }.page();
        let (_, body) = page.split_once("<main class=\"error\">").unwrap();
        body.split("</main>").next().unwrap().to_owned()
    }

    #[test]
    fn headings_are_named_as_links_call_them() {
        assert_eq!(page("## 4.2 Create, `null`"), "<h2 id=\"42-create-null\">4.2 Create, <code>null</code></h2>\n");
    }

    #[test]
    fn links_lead_to_where_the_hub_shows_the_document() {
        for (link, shown) in [
            ("[a](required.md)", "<a href=\"/docs/errors/required\">a</a>"),
            (concat!("[a](../", "API.md#42-create)"), "<a href=\"/docs/api#42-create\">a</a>"),
            ("[a](README.md)", "<a href=\"/docs/errors\">a</a>"),
            ("[a](#here)", "<a href=\"#here\">a</a>"),
            ("[a](https://www.rfc-editor.org/)", "<a href=\"https://www.rfc-editor.org/\">a</a>"),
            (concat!("[a](../../examples/", "README.md)"), "a"),
        ] {
            assert_eq!(page(link), format!("<p>{shown}</p>\n"), "{link}");
        }
    }

    #[test]
    fn no_document_writes_markup_of_its_own() {
        assert_eq!(
            page("a <b onclick=x>c</b> & `<i>`"),
            "<p>a &lt;b onclick=x&gt;c&lt;/b&gt; &amp; <code>&lt;i&gt;</code></p>\n"
        );
    }

    #[test]
    fn a_table_scrolls_by_itself() {
        let table = page("| a |\n|---|\n| b |\n");
        assert!(table.starts_with("<div class=\"wide\"><table>") && table.ends_with("</table>\n</div>"), "{table}");
    }
}
