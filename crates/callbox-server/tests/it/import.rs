//! `callbox import` on real processes: from CSV files, from a real PostgreSQL, and what signs in after it.

use crate::postgres::Postgres;
use crate::process::{Serving, callbox, text};
use crate::support::{JSON, request};
use callbox_store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use tokio::task::spawn_blocking;

/// Of another library's own tests (`crypt_blowfish`), and its password; it is in `import/supabase.sql` too, and so are the ids.
const HASH: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const PASSWORD: &str = "U*U";
const ANN: &str = "7f1c6f0e-53a4-4c6e-9f0b-0a4d8b6f2f11";
const BOB: &str = "0b7f4c1a-93f1-4f5e-8a55-6a1f0c6f7e22";

fn import(data: &Path, arguments: &[&str]) -> Output {
    callbox().arg("import").args(arguments).arg("--data-dir").arg(data).output().unwrap()
}

fn reads(out: &Output, lines: &[&str]) {
    let printed = text(&out.stdout);
    let words: Vec<String> =
        printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in lines {
        assert!(words.iter().any(|one| one == line), "`{line}` is not in:\n{printed}{}", text(&out.stderr));
    }
    assert!(out.status.success(), "{}", text(&out.stderr));
}

/// Signs in with the password from there; returns the user.
async fn sign_in(serving: &Serving, email: &str) -> (u16, Value) {
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    let answer = request(serving.addr(), "POST", "/v1/logins", &[JSON], &body).await;
    (answer.status, answer.json())
}

/// The account of whoever signed in.
async fn account(serving: &Serving, signed_in: &Value) -> Value {
    let authorization = format!("Bearer {}", signed_in["token"].as_str().unwrap());
    let headers = [("authorization", authorization.as_str())];
    request(serving.addr(), "GET", "/v1/me", &headers, "").await.json()
}

/// While no server runs.
async fn hash_of(data: &Path, email: &str) -> Option<String> {
    let store = Store::open(data).unwrap();
    let found = store.credentials(email).await.unwrap().unwrap().password_hash;
    store.close().await;
    found
}

async fn serve(data: &Path) -> Serving {
    let data = data.to_owned();
    spawn_blocking(move || Serving::start(&data)).await.unwrap()
}

#[tokio::test]
async fn users_come_from_csv_after_a_dry_run_and_sign_in_with_the_password_that_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let (data, list) = (folder.path().join("data"), folder.path().join("left.csv"));
    let users = folder.path().join("users.csv");
    // As a spreadsheet writes it: with a mark of the byte order, and quotes.
    let rows = [
        "\u{feff}id,email,encrypted_password,email_confirmed_at,created_at".to_owned(),
        format!("{ANN},Ann@example.org,{HASH},2024-05-01 12:00:00+00,2024-05-01 11:00:00+00"),
        format!("{BOB},bob@example.org,scrypt$1,2024-05-02 12:00:00+00,2024-05-02 11:00:00+00"),
        format!("{BOB},bob2@example.org,,2024-05-02 12:00:00+00,"),
        "4f4fbb6c-2f43-44e0-9a7a-7d7e2b5c1d33,ANN@example.org,,2024-05-02 12:00:00+00,".to_owned(),
        "5f4fbb6c-2f43-44e0-9a7a-7d7e2b5c1d33,carl@example.org,,,".to_owned(),
        "12,dora@example.org,,2024-05-02 12:00:00+00,".to_owned(),
    ];
    std::fs::write(&users, rows.join("\n")).unwrap();
    std::fs::write(
        folder.path().join("profiles.csv"),
        format!(
            "user_id,name,about\n{},\"Ann, the first\",\"two\nlines\"\n{BOB},{},x\n",
            ANN.to_uppercase(),
            "n".repeat(41)
        ),
    )
    .unwrap();
    let mapping = folder.path().join("mapping.toml");
    std::fs::write(
        &mapping,
        "[profiles]\nfrom = 'profiles.csv'\nuser = 'user_id'\n[fields]\nname = 'profiles.name'\nbio = 'profiles.about'\n",
    )
    .unwrap();
    let at = |extra: &[&str]| {
        let given = [users.to_str().unwrap(), "--mapping", mapping.to_str().unwrap()];
        import(&data, &[&given[..], extra].concat())
    };
    let both = [
        "6 users were read",
        "2 come along, 1 of them with their password",
        "4 stay out",
        "1 its id is no UUID",
        "1 its mail address was never confirmed",
        "1 an earlier row has the same id",
        "1 an earlier row has the same mail address",
        "1 password: it is no bcrypt hash",
    ];
    let dry = at(&["--list", list.to_str().unwrap()]);
    reads(&dry, &both);
    reads(&dry, &["nothing was written: run it again with --apply"]);
    let listed = std::fs::read_to_string(&list).unwrap();
    assert_eq!(listed.lines().count(), 7, "a head, four users and two parts of one:\n{listed}");
    assert!(listed.contains(&format!("2,{BOB},password,it is no bcrypt hash")), "{listed}");
    assert!(!listed.contains("example.org"), "no addresses:\n{listed}");
    // The dry run has told the truth, since it wrote nothing.
    reads(&at(&["--apply"]), &both);
    // A second time nobody comes twice.
    reads(
        &at(&["--apply"]),
        &["0 come along, 0 of them with their password", "2 a user with its id is here already"],
    );

    assert_eq!(hash_of(&data, "ann@example.org").await.as_deref(), Some(HASH));
    let mut serving = serve(&data).await;
    let (status, signed_in) = sign_in(&serving, "ann@example.org").await;
    assert_eq!((status, &signed_in["user"]["id"]), (201, &json!(ANN)), "{signed_in}");
    assert_eq!(signed_in["user"]["age"], Value::Null, "it is asked, never guessed");
    let me = account(&serving, &signed_in).await;
    assert_eq!(me["profile"]["name"], "Ann, the first");
    assert_eq!(me["profile"]["bio"], "two\nlines");
    assert_eq!(me["created_at"], 1_714_561_200_000_u64);
    assert_eq!(sign_in(&serving, "bob@example.org").await.0, 403, "he sets a password by mail");
    // Nobody writes beside a server.
    let beside = at(&["--apply"]);
    assert!(!beside.status.success() && text(&beside.stderr).contains("a server uses this data folder"));
    assert!(serving.terminate().success());
    assert!(hash_of(&data, "ann@example.org").await.unwrap().starts_with("$argon2id$"), "hashed anew");
    let serving = serve(&data).await;
    assert_eq!(sign_in(&serving, "ann@example.org").await.0, 201);
}

#[tokio::test]
async fn users_come_from_a_postgresql_with_profiles_and_metadata() {
    let Some(there) = spawn_blocking(Postgres::start).await.unwrap() else { return };
    there.sql(include_str!("import/supabase.sql"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mapping = folder.path().join("mapping.toml");
    std::fs::write(
        &mapping,
        "[profiles]\nfrom = 'Profiles'\nuser = 'userId'\n\
        [fields]\nname = 'users.raw_user_meta_data.full_name'\ninterests = 'profiles.tags'\ncountry = 'profiles.country'\n\
        [public]\navatar = 'profiles.avatar'\n\
        [private]\nkarma = 'profiles.karma'\nvip = 'users.raw_user_meta_data.vip'\n",
    )
    .unwrap();
    let (url, given) = (there.url(), mapping.to_str().unwrap());
    // Without a mapping the users come along, and their names.
    reads(
        &import(&data, &[&url]),
        &["1202 users were read", "1202 come along, 1 of them with their password"],
    );
    reads(
        &import(&data, &[&url, "--mapping", given, "--apply"]),
        &["1202 come along, 1 of them with their password"],
    );
    let serving = serve(&data).await;
    let (_, signed_in) = sign_in(&serving, "ann@example.org").await;
    let me = account(&serving, &signed_in).await;
    assert_eq!(me["profile"]["name"], "Ann Lee");
    assert_eq!(me["profile"]["interests"], json!(["chess", "long walks"]));
    assert_eq!(me["profile"]["country"], "AT");
    assert_eq!(me["attributes"]["public"], json!({ "avatar": "https://example.org/a.png" }));
    assert_eq!(me["attributes"]["private"], json!({ "karma": 7, "vip": true }));
    assert_eq!(me["created_at"], 1_714_561_200_000_u64);
    // A column that is not there is named.
    std::fs::write(&mapping, "[fields]\nname = 'users.nick'\n").unwrap();
    let wrong = import(folder.path(), &[&url, "--mapping", given]);
    assert!(!wrong.status.success() && text(&wrong.stderr).contains("nick"), "{}", text(&wrong.stderr));
}
