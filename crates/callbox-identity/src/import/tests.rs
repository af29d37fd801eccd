//! Tests of `import.rs`.

use serde_json::json;

use super::*;

const ID: &str = "7f1c6f0e-53a4-4c6e-9f0b-0a4d8b6f2f11";
const HASH: &str = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
const NOW: UnixMillis = UnixMillis(1_780_000_000_000);

fn members(value: Value) -> Members {
    let Value::Object(members) = value else { panic!("an object") };
    members
}

/// A row of `auth.users` as PostgreSQL's `to_jsonb` writes it.
fn ann() -> Members {
    members(json!({
        "id": ID,
        "email": "Ann@Example.org",
        "email_confirmed_at": "2024-05-01T12:00:00.5+00:00",
        "encrypted_password": HASH,
        "created_at": "2024-05-01T11:00:00.25+02:00",
        "raw_user_meta_data": {"full_name": "Ann  Lee", "born": "1990-01-01"},
    }))
}

fn read(mapping: &Mapping, user: &Members, profile: Option<&Members>) -> Result<ImportedUser, NoUser> {
    mapping.read(Row { user, profile }, &Attributes::default(), NOW)
}

#[test]
fn a_user_of_gotrue_comes_along_with_id_address_password_age_of_the_account_and_name() {
    let ann = read(&Mapping::default(), &ann(), None).unwrap();
    assert_eq!(ann.id.to_string(), ID);
    assert_eq!(ann.email.key(), "ann@example.org");
    assert_eq!(ann.password_hash.as_deref(), Some(HASH));
    assert_eq!(ann.created_at, UnixMillis(1_714_554_000_250));
    assert_eq!(ann.profile.name, "Ann Lee");
    assert_eq!(ann.left_out, []);
    assert_eq!((ann.plan, ann.public, ann.private), (None, None, None));
}

#[test]
fn a_user_without_a_sure_way_in_stays_out_and_the_reason_is_told() {
    let with = |name: &str, value: Value| {
        let mut row = ann();
        row.insert(name.to_owned(), value);
        read(&Mapping::default(), &row, None).map(|user| user.left_out)
    };
    for (name, value, reason) in [
        ("id", json!("12"), NoUser::Id),
        ("id", Value::Null, NoUser::Id),
        ("email", Value::Null, NoUser::NoAddress),
        ("email", json!("  "), NoUser::NoAddress),
        ("email", json!("ann at example"), NoUser::Address),
        ("email_confirmed_at", Value::Null, NoUser::NotConfirmed),
        ("email_confirmed_at", json!(""), NoUser::NotConfirmed),
        ("email_confirmed_at", json!("false"), NoUser::NotConfirmed),
        ("email_confirmed_at", json!(false), NoUser::NotConfirmed),
    ] {
        assert_eq!(with(name, value.clone()), Err(reason), "{name} {value}");
    }
    for (name, value, part) in [
        ("encrypted_password", json!("scrypt:x"), "password"),
        ("created_at", json!("yesterday"), "created_at"),
        ("raw_user_meta_data", json!({"full_name": "\u{202E}nnA"}), "name"),
    ] {
        let left_out = with(name, value.clone()).unwrap();
        assert_eq!(left_out.iter().map(|one| one.part).collect::<Vec<_>>(), [part], "{name} {value}");
    }
    // Nobody made an account in the future, and an account without a password is none of a fault.
    assert_eq!(with("created_at", json!("2999-01-01T00:00:00Z")).unwrap(), []);
    assert_eq!(with("encrypted_password", json!("")).unwrap(), []);
}

const MAPPING: &str = r#"
[users]
from = "people.csv"
confirmed = ""
[profiles]
from = "profiles.csv"
user = "user_id"
[fields]
name = ["profiles.nick", "users.raw_user_meta_data.full_name"]
interests = "profiles.tags"
languages = "profiles.langs"
country = "profiles.country"
plan = "profiles.plan"
[public]
avatar = "profiles.avatar"
[private]
crm = "profiles.extra.crm"
"#;

#[test]
fn a_mapping_takes_what_it_names_from_both_tables_and_the_first_that_has_something() {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let mut user = ann();
    user.remove("email_confirmed_at");
    // CSV has JSON and arrays as text.
    user.insert("raw_user_meta_data".to_owned(), json!(r#"{"full_name": "Ann Lee"}"#));
    let profile = members(json!({
        "nick": "  ", "tags": "{chess,\"long walks\"}", "langs": "de, pt-BR", "country": "at", "plan": "gold",
        "avatar": "https://example.org/a.png", "extra": r#"{"crm": 7}"#,
    }));
    let ann = read(&mapping, &user, Some(&profile)).unwrap();
    assert_eq!(ann.profile.name, "Ann Lee");
    assert_eq!(ann.profile.interests, ["chess", "long walks"]);
    assert_eq!(ann.profile.languages, ["de", "pt-BR"]);
    assert_eq!(ann.profile.country.as_deref(), Some("AT"));
    assert_eq!(ann.plan.as_deref(), Some("gold"));
    assert_eq!(ann.public.as_deref(), Some(r#"{"avatar":"https://example.org/a.png"}"#));
    assert_eq!(ann.private.as_deref(), Some(r#"{"crm":7}"#));
    assert_eq!(ann.left_out, []);
    let columns: Vec<_> = mapping.columns(Table::Profiles).into_iter().collect();
    assert_eq!(columns, ["avatar", "country", "extra", "langs", "nick", "plan", "tags", "user_id"]);
    assert!(!mapping.columns(Table::Users).contains("email_confirmed_at"));
    // Somebody without a profile comes along as well.
    assert_eq!(read(&mapping, &user, None).unwrap().profile.interests, [""; 0]);
}

#[test]
fn what_does_not_fit_is_left_out_whole_and_the_rest_comes_along() {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let profile = members(json!({
        "nick": "n".repeat(41), "tags": ["a", "b"], "langs": "German!", "country": "Austria", "plan": "p".repeat(65),
        "avatar": "x".repeat(20_000),
    }));
    let ann = read(&mapping, &ann(), Some(&profile)).unwrap();
    let parts: Vec<_> = ann.left_out.iter().map(|one| one.part).collect();
    assert_eq!(parts, ["name", "languages", "country", "plan", "public"]);
    assert_eq!(
        ann.profile,
        Profile { interests: vec!["a".to_owned(), "b".to_owned()], ..Profile::default() }
    );
    assert!(ann.left_out.iter().all(|one| !one.to_string().contains("Austria")), "no values in the reasons");
}

#[test]
fn times_are_read_as_postgresql_and_csv_write_them() {
    for (text, millis) in [
        ("2024-05-01T12:00:00.123456+00:00", Some(1_714_564_800_123)),
        ("2024-05-01 12:00:00.123456+00", Some(1_714_564_800_123)),
        ("2024-05-01 14:00:00+02", Some(1_714_564_800_000)),
        ("2024-05-01 07:00:00-05:00", Some(1_714_564_800_000)),
        ("2024-05-01T12:00:00Z", Some(1_714_564_800_000)),
        ("2024-05-01 12:00:00", Some(1_714_564_800_000)),
        ("2024-05-01", Some(1_714_521_600_000)),
        ("1969-12-31 23:59:59", None),
        ("05/01/2024", None),
        ("", None),
    ] {
        assert_eq!(instant(&json!(text)).map(|at| at.0), millis, "{text}");
    }
}

#[test]
fn a_wrong_mapping_is_refused_with_its_place() {
    for (text, expected) in [
        ("[users]\nmail = 'x'", "unknown field `mail`"),
        ("[fields]\nname = 'full_name'", "`full_name` is no column"),
        ("[fields]\nname = 'users.'", "is no column"),
        ("[public]\navatar = 'profiles.avatar'", "no [profiles]"),
        ("users = 1", "line 1"),
    ] {
        let error = Mapping::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let many: Vec<_> = (0..50).map(|index| format!("m{index} = 'users.c{index}'")).collect();
    assert!(matches!(Mapping::parse(&format!("[public]\n{}", many.join("\n"))), Err(MappingError::TooMany)));
    assert!(Mapping::parse("").unwrap().profiles.is_none());
}
