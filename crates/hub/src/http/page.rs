//! The frame of the pages a user sees: plain HTML and CSS, no script, nothing loaded from
//! elsewhere, readable on a phone, in the dark, and by a screen reader.

use super::respond::Reply;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

const STYLE: &str = include_str!("page.css");

/// What a page shows.
pub(super) struct Page<'a> {
    pub(super) status: StatusCode,
    /// Colours the mark above the title.
    pub(super) mood: Mood,
    pub(super) title: &'a str,
    /// Paragraphs, escaped here.
    pub(super) text: Vec<String>,
    /// Label and value pairs, escaped here.
    pub(super) facts: Vec<(&'static str, String)>,
    /// The form's buttons, if the user can decide something.
    pub(super) buttons: &'a [Button],
}

/// A button of the page's form.
pub(super) struct Button {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) is_main: bool,
}

/// The page's mood.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mood {
    Ask,
    Done,
    Over,
}

impl Page<'_> {
    /// The page as a response.
    pub(super) fn reply(&self) -> Reply {
        html(self.status, self.html())
    }

    fn html(&self) -> String {
        let (mood, mark) = match self.mood {
            Mood::Ask => ("ask", "?"),
            Mood::Done => ("done", "✓"),
            Mood::Over => ("over", "–"),
        };
        let title = escape(self.title);
        let text: String = self.text.iter().map(|line| format!("<p>{}</p>", escape(line))).collect();
        let body = format!(
            "<div class=\"mark {mood}\" aria-hidden=\"true\">{mark}</div><h1>{title}</h1>{text}{}{}",
            self.facts_html(),
            self.form_html()
        );
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main>{body}</main><footer>Test merchant of the <b>Entitle</b> sandbox. \
             Nothing is bought here.</footer></body></html>"
        )
    }

    fn facts_html(&self) -> String {
        if self.facts.is_empty() {
            return String::new();
        }
        let rows: String =
            self.facts.iter().map(|(label, value)| format!("<dt>{label}</dt><dd>{}</dd>", escape(value))).collect();
        format!("<dl>{rows}</dl>")
    }

    fn form_html(&self) -> String {
        if self.buttons.is_empty() {
            return String::new();
        }
        let buttons: String = self
            .buttons
            .iter()
            .map(|button| {
                let class = if button.is_main { "main" } else { "other" };
                format!(
                    "<button class=\"{class}\" name=\"choice\" value=\"{}\">{}</button>",
                    button.value, button.label
                )
            })
            .collect();
        format!("<form method=\"post\">{buttons}</form>")
    }
}

/// HTML as a response: nothing is run, nothing is loaded, no frame around it.
pub(super) fn html(status: StatusCode, page: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(page)));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    reply
}

/// Text that is safe in HTML's text and quoted attributes.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, letter| {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_of_the_record_becomes_markup() {
        assert_eq!(escape("<b a=\"'\">&"), "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
    }
}
