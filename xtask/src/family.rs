//! Processes that a program has started, and theirs: ended together, so that what hangs leaves nothing.

use std::process::{Command, Stdio};

/// Ends a process and all that come from it; the eldest first, so that none starts another.
pub(crate) fn end(id: u32) {
    let mut family = vec![id];
    let mut at = 0;
    while let Some(one) = family.get(at) {
        family.extend(children(*one));
        at += 1;
    }
    let ids = family.iter().map(u32::to_string);
    // One that has gone meanwhile needs no ending.
    let _ = Command::new("kill").arg("-KILL").args(ids).stderr(Stdio::null()).status();
}

fn children(id: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|one| parent(*one) == Some(id)).collect()
}

fn parent(id: u32) -> Option<u32> {
    word(id, 1)?.parse().ok()
}

/// A word after the name, which is in brackets and may hold anything: first the state, then the parent.
fn word(id: u32, at: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(at).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_started_ends_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'sleep 600; :'; :"]).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut family = Vec::new();
        while family.len() < 2 {
            family = children(child.id()).into_iter().flat_map(|one| [vec![one], children(one)].concat()).collect();
        }
        end(child.id());
        child.wait().unwrap();
        let is_at_work = |one: &u32| word(*one, 0).is_some_and(|state| state != "Z");
        let mut looks = 0..1_000_000;
        while family.iter().any(is_at_work) {
            looks.next().expect("what was ended goes on");
        }
    }
}
