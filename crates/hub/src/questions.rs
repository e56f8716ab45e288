//! What a reseller can ask beside the operations. Everything here is told from the same rules and
//! the same store as the operations themselves; nothing here writes, and no rule stands here.

mod bells;
mod explain;
mod feed;
mod history;
mod products;

pub(crate) use bells::Bells;
pub(crate) use feed::feed_within;
pub(crate) use history::whole as whole_history;
