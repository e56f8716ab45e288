use std::time::Instant;
#[test]
fn speed() {
    let body = br#"{"customerIdentifier":"+441632960123","merchantAccountKey":"BANGO","productKey":"BangoMusic","notificationUrl":"https://acme.example/bango/notify?ref=8812","dateExpiry":"2030-01-01T00:00:00Z","extensionData":{"channel":"shop-42","campaign":"summer"},"entitlementDisplayName":"Bango Music","externalEntitlementId":"ext-123456"}"#;
    println!("{} bytes", body.len());
    let n = 200_000u32;
    let t = Instant::now();
    for _ in 0..n { std::hint::black_box(wire::parse_object(body).unwrap()); }
    println!("parse {:?}", t.elapsed()/n);
    let sw = wire::Switches::default();
    let t = Instant::now();
    for _ in 0..n { std::hint::black_box(wire::CreateRequest::parse(wire::parse_object(body).unwrap(), entitlement::Moment(0), true, &sw).unwrap()); }
    println!("parse+create {:?}", t.elapsed()/n);
    let o = wire::parse_object(body).unwrap();
    let t = Instant::now();
    for _ in 0..n { std::hint::black_box(wire::canonical(&o)); }
    println!("canonical {:?}", t.elapsed()/n);
    let r = entitlement::Record { entitlement_id:"019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b".into(), status: entitlement::Status::Active, date_created: entitlement::Moment(1_700_000_000_000), date_activated: Some(entitlement::Moment(1_700_000_000_000)), date_ended: None, date_suspended: None, date_resumed: None, date_last_updated: entitlement::Moment(1_700_000_000_000), customer_identifier:"+441632960123".into(), merchant_account_key:"BANGO".into(), product_key:"BangoMusic".into(), offer_key:None, activation_code:None, entitlement_display_name:Some("Bango Music".into()), date_expiry:None, extension_data:o.clone(), notification_url:Some("https://acme.example/bango/notify?ref=8812".into()), external_entitlement_id:None, shared_customer_id:"abc".into(), bango_user_id:"123".into(), merchant_entitlement_id:"019ab3c4".into(), finance_data: Default::default() };
    let t = Instant::now();
    for _ in 0..n { std::hint::black_box(wire::record_body(1, wire::ResponseCode::Ok, None, &r)); }
    println!("record_body {:?}", t.elapsed()/n);
    let t = Instant::now();
    for i in 0..n { let mut s=String::with_capacity(20); wire::push_date(&mut s, entitlement::Moment(i as i64*1_000_000)); std::hint::black_box(s); }
    println!("push_date {:?}", t.elapsed()/n);
    let big = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let t = Instant::now(); let _ = std::hint::black_box(wire::parse_object(big.as_bytes())); println!("deep {:?}", t.elapsed());
    let m: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let b = format!("{{{}}}", m.join(","));
    let t = Instant::now(); let _ = std::hint::black_box(wire::CreateRequest::parse(wire::parse_object(b.as_bytes()).unwrap(), entitlement::Moment(0), true, &sw)); println!("20k unknown {:?} {}", t.elapsed(), b.len());
    let mm: Vec<String> = (0..9_000).map(|n| format!("\"k{n}\":1")).collect();
    let b = format!("{{\"entitlementId\":\"x\",\"extensionData\":{{{}}}}}", mm.join(","));
    let mut r2 = r.clone(); r2.extension_data = match wire::parse_object(format!("{{{}}}", mm[..2700].join(",")).as_bytes()) { Ok(o)=>o, _=>panic!() };
    let t = Instant::now(); let u = wire::UpdateRequest::parse(wire::parse_object(b.as_bytes()).unwrap(), true, &sw).unwrap(); println!("stage1 {:?} {}", t.elapsed(), b.len());
    let t = Instant::now(); let x = u.request.against(&r2, entitlement::Moment(0)); println!("against {:?} {}", t.elapsed(), x.is_err());
    let b = format!("{{{}}}", m[..9000].join(","));
    let t = Instant::now(); let x = wire::parse_end(wire::parse_object(b.as_bytes()).unwrap(), "x", false, &sw); println!("end {:?} {} {}", t.elapsed(), b.len(), x.is_err());
}
