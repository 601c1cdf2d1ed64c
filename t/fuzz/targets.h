
/*
 * Copyright (C) nginx-idv authors
 *
 * Every target: its name, which is that of its corpus and dictionary, and what
 * it reads.  The programs, the tools and the test of the documents walk this
 * list.
 */


#ifndef _TARGETS_H_INCLUDED_
#define _TARGETS_H_INCLUDED_


#define FUZZ_TARGETS(TARGET)                                                  \
    TARGET(flow,      "events of the flow machine")                           \
    TARGET(json,      "foreign JSON, its limits, and what is written again")  \
    TARGET(pointer,   "JSON Pointers")                                        \
    TARGET(answer,    "a provider's token, transaction and error")            \
    TARGET(data,      "verified data, the claims in it, what must match")     \
    TARGET(headers,   "headers of a provider's response")                     \
    TARGET(cookie,    "Cookie headers and sealed sessions")                   \
    TARGET(path,      "return addresses")                                     \
    TARGET(language,  "Accept-Language")                                      \
    TARGET(contacts,  "e-mail addresses, numbers, what stands for them")      \
    TARGET(form,      "the page's forms and queries")                         \
    TARGET(page,      "templates and texts of a page folder")                 \
    TARGET(image,     "texts that become QR codes or HTML")                   \
    TARGET(upload,    "the service's forms and pictures")                     \
    TARGET(record,    "what the service keeps in files")                      \
    TARGET(picture,   "pictures that get another background")                 \
    TARGET(document,  "machine-readable zones, barcodes of licences")         \
    TARGET(match,     "names, addresses and dates to be compared")            \
    TARGET(otp,       "one-time passwords, sent and typed in")                \
    TARGET(policy,    "verify policies, their rules and defaults")            \
    TARGET(verdict,   "a checker's verdicts")                                 \
    TARGET(filter,    "users, and filters of them")                           \
    TARGET(connector, "inputs of the connector, and answers to them")         \
    TARGET(console,   "answers that the console makes pages of")              \
    TARGET(ldap,      "filters, names in them, a directory's answers")        \
    TARGET(action,    "requests to the flow API: path, headers, body")        \
    TARGET(provider,  "whole flows with any answers of a provider")           \
    TARGET(service,   "requests to the local service")                        \
    TARGET(server,    "connections to a gate, whatever is sent on them")


#endif /* _TARGETS_H_INCLUDED_ */
