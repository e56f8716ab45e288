//! A file with every kind of fault, and files that are no TOML at all.

use catalog::bounds::{FAULTS_MAX, FILE_BYTES_MAX};
use catalog::read;

#[test]
fn every_fault_of_a_file_is_told_at_once_with_line_and_key() {
    let faulty = include_str!("golden/faulty.toml");
    let faults = read(faulty).unwrap_err();
    crate::golden::golden("faulty.txt", &faults.of_file("faulty.toml").to_string());
    // Whoever pasted a secret where its name belongs does not find it in a log as well.
    assert!(!faults.to_string().contains("whsec_"), "{faults}");
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
    assert!(!faults.to_string().contains("MC4CAQAwBQ"), "{faults}");
}

#[test]
fn every_line_that_is_marked_wrong_has_a_fault_and_no_other() {
    let faulty = include_str!("golden/faulty.toml");
    let faults = read(faulty).unwrap_err();
    let told: Vec<usize> = faults.list().iter().map(|fault| fault.line).collect();
    for (line, text) in faulty.lines().enumerate().map(|(at, text)| (at + 1, text)) {
        let marked = text.contains("# wrong");
        assert_eq!(told.contains(&line), marked, "line {line}: {text}");
    }
}

#[test]
fn what_is_no_toml_is_told_by_its_line() {
    let mut told = String::new();
    for text in [
        "[merchants\n",
        "a = 1\nb =\n",
        "[merchants.A]\nname = \"A\"\n[merchants.A]\nname = \"B\"\n",
        "[merchants.A]\nname = \"A\"\nname = \"B\"\n",
        "[merchants.A]\nname = \"A\n",
        "[merchants.A]\nname = A\n",
    ] {
        let faults = read(text).unwrap_err();
        assert_eq!(faults.count(), 1);
        told.push_str(&faults.of_file("catalog.toml").to_string());
    }
    crate::golden::golden("not_toml.txt", &told);
}

#[test]
fn deep_nesting_is_a_fault_and_no_end() {
    let text = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read(&text).unwrap_err().list()[0].line, 1);
}

#[test]
fn a_file_of_nonsense_has_so_many_faults_listed_and_the_rest_counted() {
    let text: String = (0..=FAULTS_MAX).map(|at| format!("nonsense{at} = 1\n")).collect();
    let faults = read(&text).unwrap_err();
    assert_eq!((faults.list().len(), faults.count()), (FAULTS_MAX, FAULTS_MAX + 1));
    assert!(faults.of_file("f").to_string().ends_with("f: and 1 more\n"));
    assert!(faults.to_string().ends_with("\nand 1 more"));
}

#[test]
fn a_file_beyond_the_bound_is_not_looked_at() {
    let text = "#".repeat(FILE_BYTES_MAX);
    assert!(read(&text).is_ok());
    let faults = read(&format!("{text}#")).unwrap_err();
    assert_eq!(faults.to_string(), "line 1: the file has 4194305 bytes; at most 4194304 are read");
}
