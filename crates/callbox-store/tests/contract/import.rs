//! Users who come from another system: once each, and beside those who are here.

use callbox_protocol::account::Profile;
use callbox_store::ImportOutcome::{AddressTaken, Here, Taken};
use callbox_store::NewUser;

use crate::world::{NOW, guest, login, proven, shown, user};

const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

fn new(number: u8, email: &str, hash: Option<&str>) -> NewUser {
    NewUser {
        id: user(number),
        email: email.to_owned(),
        password_hash: hash.map(str::to_owned),
        created_at: NOW,
        profile: Profile {
            name: format!("User {number}"),
            interests: vec!["chess".to_owned()],
            ..Profile::default()
        },
        plan: Some("gold".to_owned()),
        public: Some(r#"{"level":1}"#.to_owned()),
        private: None,
    }
}

stories! {
    async fn users_come_once_and_nobody_who_is_here_is_changed(world) {
        let store = &world.store;
        store.create_guest(guest(1, None)).await.unwrap();
        world.make_admin(2).await;
        let users = vec![
            new(1, "one@example.org", None),
            new(3, "2@example.org", None),
            new(4, "four@example.org", Some(BCRYPT)),
            new(5, "four@example.org", None),
        ];
        for (one, expected) in users.iter().zip([Here, AddressTaken, Taken, Taken]) {
            assert_eq!(store.would_import(one.id, &one.email).await.unwrap(), expected);
        }
        let outcomes = store.import_users(users.clone(), NOW).await.unwrap();
        assert_eq!(outcomes, [Here, AddressTaken, Taken, AddressTaken]);
        let again = store.import_users(users, NOW).await.unwrap();
        assert_eq!(again, [Here, AddressTaken, Here, AddressTaken]);

        let found = store.credentials("four@example.org").await.unwrap().unwrap();
        assert_eq!((found.user.id, found.user.age), (user(4), None));
        assert_eq!(found.password_hash.as_deref(), Some(BCRYPT));
        let account = store.account(user(4), login(4).id, true).await.unwrap().unwrap();
        assert_eq!((account.profile.name.as_str(), account.plan.as_deref()), ("User 4", Some("gold")));
        assert_eq!(serde_json::Value::Object(account.attributes.public), serde_json::json!({ "level": 1 }));
        assert!(account.attributes.private.is_empty());
        assert!(store.account(user(1), login(1).id, true).await.unwrap().unwrap().email.is_none());
    }

    async fn the_highest_cost_of_bcrypt_is_known_until_its_owner_has_signed_in(world) {
        let store = &world.store;
        assert_eq!(store.highest_bcrypt_cost().await.unwrap(), None);
        world.make_admin(2).await;
        assert_eq!(store.highest_bcrypt_cost().await.unwrap(), None);
        let costly = BCRYPT.replace("$05$", "$12$");
        let users = vec![new(4, "four@example.org", Some(BCRYPT)), new(5, "five@example.org", Some(&costly))];
        assert_eq!(store.import_users(users, NOW).await.unwrap(), [Taken, Taken]);
        assert_eq!(store.highest_bcrypt_cost().await.unwrap(), Some(12));
        let mut proven = proven(&costly);
        proven.rehashed = Some("$argon2id$v=19$new".to_owned());
        assert!(store.sign_in(user(5), proven, login(5), NOW).await.unwrap());
        assert_eq!(store.highest_bcrypt_cost().await.unwrap(), Some(5));
    }

    async fn whoever_was_deleted_here_does_not_come_again_while_they_are_erased(world) {
        let store = &world.store;
        let one = new(4, "four@example.org", Some(BCRYPT));
        assert_eq!(store.import_users(vec![one.clone()], NOW).await.unwrap(), [Taken]);
        assert!(store.sign_in(user(4), proven(BCRYPT), login(4), NOW).await.unwrap());
        store.delete_account(user(4), shown(4, Some(BCRYPT)), NOW).await.unwrap().unwrap();
        assert_eq!(store.would_import(one.id, &one.email).await.unwrap(), Here);
        assert_eq!(store.import_users(vec![one], NOW).await.unwrap(), [Here]);
    }
}
