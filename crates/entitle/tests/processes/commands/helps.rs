//! The help of every command, and what a wrong command line gets.

use super::golden::Transcript;

#[test]
fn every_command_has_help_with_examples() {
    let mut help = Transcript::new("help");
    for command in [
        "--help",
        "entitlement --help",
        "entitlement show --help",
        "entitlement search --help",
        "notifications --help",
        "notifications list --help",
        "notifications replay --help",
        "listen --help",
        "serve --help",
        "catalog plan --help",
        "catalog apply --help",
        "catalog export --help",
        "catalog rollback --help",
        "credential create --help",
        "credential rotate --help",
        "credential revoke --help",
        "secret set --help",
        "secret create --help",
        "audit verify --help",
        "entitlement hold --help",
        "entitlement resolve --help",
        "customer export --help",
        "customer erase --help",
        "doctor --help",
        "migrate --help",
        "backup --help",
        "restore --help",
        "store copy --help",
        "load --help",
    ] {
        help.type_in(command);
    }
    help.compare();
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_right() {
    let mut wrong = Transcript::new("wrong");
    for command in [
        "entitlement show",
        "entitlement shwo x",
        "entitlement show x --jsno",
        "entitlement search --status activ",
        "entitlement search --limit 0",
        "entitlement show x --url ftp://hub",
        "entitlement show x --url https://hub.example.com",
        "notifications list --state lost",
        "notifications replay",
        "listen --after 1 --from-start",
        "listen --secret whsec_x",
        "listen --forward 127.0.0.1/x",
        "listen --forward http://127.0.0.1/x --secret whsec_short",
        "store copy --from hub.db --to sqlite:new.db",
        "store copy --from sqlite:hub.db --to sqlite:new.db --to-password-file x",
    ] {
        wrong.type_in(command);
    }
    wrong.compare();
}
