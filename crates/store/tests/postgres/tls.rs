//! TLS to the server: its certificate is checked, authority and name.

use super::checks::samples::START;
use cluster::Cluster;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use std::path::PathBuf;
use store::{Clock, PostgresOpenError, PostgresOptions, PostgresStore, Store};

/// An authority's certificate, and a server's from it with its key.
fn certified(name: &str) -> [String; 3] {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let authority = params.self_signed(&authority_key).unwrap();
    let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority, &authority_key).unwrap();
    [authority.pem(), server.pem(), key.serialize_pem()]
}

struct Case {
    /// It ends with the case.
    _cluster: Cluster,
    url: String,
    folder: tempfile::TempDir,
}

impl Case {
    fn new(certificate: &str, key: &str) -> Self {
        let (cluster, url) = Cluster::start_with_tls(certificate, key).unwrap();
        Self { _cluster: cluster, url: format!("{url}?sslmode=verify-full"), folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("authorities.pem");
        std::fs::write(&path, text).unwrap();
        path
    }

    async fn open(&self, authorities: Option<PathBuf>) -> Result<PostgresStore, PostgresOpenError> {
        let clock = Clock::manual(START);
        PostgresStore::open(PostgresOptions { authorities, clock, ..PostgresOptions::new(&self.url) }).await
    }
}

#[tokio::test]
async fn a_server_is_believed_that_the_authority_names_at_this_address() {
    let [authority, certificate, key] = certified("127.0.0.1");
    let case = Case::new(&certificate, &key);
    let store = case.open(Some(case.file(&authority))).await.unwrap();
    assert_eq!(store.answers().await, Ok(()));
    store.close().await.unwrap();

    let [another, ..] = certified("127.0.0.1");
    for authorities in [None, Some(case.file(&another))] {
        let error = case.open(authorities).await.unwrap_err().to_string();
        assert!(error.contains("invalid peer certificate"), "{error}");
    }
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = case.open(Some(case.file(text))).await.unwrap_err();
        assert!(matches!(error, PostgresOpenError::Authorities { .. }), "{text}: {error}");
    }
    let nowhere = case.folder.path().join("nowhere.pem");
    let error = case.open(Some(nowhere)).await.unwrap_err().to_string();
    assert!(error.contains("nowhere.pem"), "{error}");
}

#[tokio::test]
async fn a_server_of_another_name_is_not_believed() {
    let [authority, certificate, key] = certified("db.test");
    let case = Case::new(&certificate, &key);
    let error = case.open(Some(case.file(&authority))).await.unwrap_err().to_string();
    assert!(error.contains("not valid for name") || error.contains("NotValidForName"), "{error}");
}
