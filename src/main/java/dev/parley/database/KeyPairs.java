package dev.parley.database;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Map;
import javax.net.ssl.X509KeyManager;

/** Whether a certificate and a key that were read from two files belong together, which nobody else asks before the server does. */
final class KeyPairs {

    private static final Map<String, String> SIGNATURES = Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

    private KeyPairs() {}

    /** Fails if they don't. Keys of other kinds pass. */
    static void check(X509KeyManager keys) throws GeneralSecurityException {
        for (String type : SIGNATURES.keySet()) {
            String[] aliases = keys.getClientAliases(type, null);
            for (String alias : aliases == null ? new String[0] : aliases) {
                check(keys.getPrivateKey(alias), keys.getCertificateChain(alias)[0].getPublicKey());
            }
        }
    }

    private static void check(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(SIGNATURES.get(certified.getAlgorithm()));
        signature.initSign(key);
        byte[] said = signature.sign();
        signature.initVerify(certified);
        if (!signature.verify(said)) {
            throw new InvalidKeyException("the key is not the certificate's");
        }
    }
}
